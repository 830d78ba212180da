"""What is asked of the tables of people's attributes and of requirements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Table, and_, case, delete, or_, select

from sandbox.domain.requirements import SOON_DAYS, Requirement, RequirementState
from sandbox.domain.residence import KnownPerson
from sandbox.domain.sight import FileSight
from sandbox.kit.ids import FileId, PermitNumber
from sandbox.store import tables
from sandbox.store.limits_tables import KnownPersonRow, RequirementRow
from sandbox.store.listing import seen
from sandbox.store.repository import Repository

IN_ONE_STATEMENT: Final = 1000
"""Ids that one statement names."""
_FILE: Final[Table] = tables.PermitFileRow.__table__  # type: ignore[attr-defined]


class KnownPeople(Repository[KnownPerson]):
    """Where invited people live and how well they are identified."""

    record, row, code = KnownPerson, KnownPersonRow, "customer"

    def of_permit(self, number: PermitNumber) -> dict[str, KnownPerson]:
        """What was said of a permit's people, by the person's id."""
        return {each.customer: each for each in self.select(self.columns.permit == number)}

    def put_all(self, people: Sequence[KnownPerson]) -> None:
        """Write down what is said of people of one permit, in place of what was said before."""
        ids = [each.customer for each in people]
        for first in range(0, len(ids), IN_ONE_STATEMENT):
            part = self.columns.customer.in_(ids[first : first + IN_ONE_STATEMENT])
            self.session.execute(delete(self.table).where(part))
        self.add_all(people)


class Requirements(Repository[Requirement]):
    """Requirements of permits."""

    record, row, code = Requirement, RequirementRow, "requirement"

    def of_file(self, file: FileId) -> tuple[Requirement, ...]:
        """A file's requirements, by the day they are due."""
        return self.select(self.columns.file == file, order=[self.columns.due, self.columns.id])

    def pressing(
        self, sight: FileSight, at: datetime, *, judges: bool, limit: int
    ) -> tuple[Requirement, ...]:
        """What is late in the files that a reader may learn of, and what waits for the reader.

        Args:
            sight: of the reader.
            at: the present moment.
            judges: the reader judges what was filed; else the reader shows what is due soon.
            limit: at most so many, by the day they are due.
        """
        if sight.nothing:
            return ()
        state, due = self.columns.state, self.columns.due
        unmet = state.in_([RequirementState.OPEN, RequirementState.NOT_MET])
        soon = and_(state == RequirementState.OPEN, due < at + timedelta(days=SOON_DAYS))
        expired = and_(state == RequirementState.MET, self.columns.good_until <= at)
        waits = state == RequirementState.FILED if judges else soon
        late = or_(and_(unmet, due <= at), expired)
        query = (
            select(self.table)
            .join(_FILE, _FILE.c.id == self.columns.file)
            .where(seen(sight), or_(late, waits))
            .order_by(case((late, 0), else_=1), due, self.columns.id)
            .limit(limit)
        )
        return tuple(self.load(row) for row in self.session.execute(query).mappings())
