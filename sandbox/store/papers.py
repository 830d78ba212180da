"""Documents, submissions, the authority's records and letters: what the desk asks of them."""

from __future__ import annotations

from sqlalchemy import delete

from sandbox.domain.documents import Document
from sandbox.domain.paper_cases import PaperCase, Scan
from sandbox.domain.papers import Letter, LetterSignature, Mark, Note, Submission
from sandbox.kit.ids import FileId, OrgId
from sandbox.store import papers_tables as tables
from sandbox.store.repository import Repository, once


class Documents(Repository[Document]):
    """Documents of permit files."""

    record, row, code = Document, tables.DocumentRow, "document"

    @once
    def of_file(self, file: FileId) -> tuple[Document, ...]:
        """Everything a file keeps, in the order in which it came."""
        return self.select(self.columns.file == file, order=[self.columns.at, self.columns.id])

    def delete(self, document: str) -> None:
        """Forget a document that was never submitted."""
        self.session.execute(delete(self.table).where(self.columns.id == document))


class Submissions(Repository[Submission]):
    """Applications as they were submitted."""

    record, row, code = Submission, tables.SubmissionRow, "submission"

    @once
    def of_file(self, file: FileId) -> tuple[Submission, ...]:
        """A file's submissions, the first one first."""
        return self.select(self.columns.file == file, order=self.columns.number)


class Marks(Repository[Mark]):
    """The checklists."""

    record, row, code = Mark, tables.MarkRow, "mark"

    def of_file(self, file: FileId) -> dict[str, Mark]:
        """A file's marks by point."""
        return {each.item: each for each in self.select(self.columns.file == file)}


class Notes(Repository[Note]):
    """Notes for regulators only."""

    record, row, code = Note, tables.NoteRow, "note"

    def of_file(self, file: FileId) -> tuple[Note, ...]:
        """A file's notes, the newest first."""
        return self.select(
            self.columns.file == file, order=[self.columns.at.desc(), self.columns.id]
        )


class Letters(Repository[Letter]):
    """Letters that went out."""

    record, row, code = Letter, tables.LetterRow, "letter"

    def of_file(self, file: FileId) -> dict[str, Letter]:
        """A file's letters by decision."""
        return {each.id: each for each in self.select(self.columns.file == file)}


class LetterSignatures(Repository[LetterSignature]):
    """Detached signatures under letters."""

    record, row, code = LetterSignature, tables.LetterSignatureRow, "letter_signature"

    def of_letter(self, letter: str) -> tuple[LetterSignature, ...]:
        """A letter's signatures, the first one first."""
        return self.select(self.columns.letter == letter, order=[self.columns.at, self.columns.id])


class PaperCases(Repository[PaperCase]):
    """Cases decided on paper."""

    record, row, code = PaperCase, tables.PaperCaseRow, "paper"

    def newest(self) -> tuple[PaperCase, ...]:
        """Every case, the newest paper first."""
        return self.select(order=[self.columns.dated.desc(), self.columns.id.desc()])

    def of_number(self, authority: OrgId, number: str) -> tuple[PaperCase, ...]:
        """An authority's case with a paper's number."""
        return self.select(self.columns.authority == authority, self.columns.number == number)


class PaperScans(Repository[Scan]):
    """Scans of paper cases."""

    record, row, code = Scan, tables.ScanRow, "scan"

    def of_case(self, case: str) -> tuple[Scan, ...]:
        """A case's scans, the first one first."""
        return self.select(self.columns.case == case, order=[self.columns.at, self.columns.id])
