"""Which permit files somebody may learn of: one rule for a file at hand and for the store's lists.

Rules:

1. The applicant's organisation sees its own files, drafts too.
2. A sponsor sees what names it, also as the one to follow, once it was submitted.
3. Who supervises sees what was submitted at least once and is their own authority's, or is shown
   to it by another; who may see every authority's, everything that was submitted.
4. A credential made for one permit sees that permit's file alone.
5. That a proposal waits for its second signature only who supervises learns: everybody else sees
   such a file under review, as it was before.

``FileSight.covers`` and the store's ``Listing.seen`` say the same; a test compares them.

>>> FileSight().nothing
True
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sandbox.domain.lifecycle import FileState
from sandbox.domain.records import PermitFile
from sandbox.domain.seats import Actor, Channel, Right, rights_of
from sandbox.kit.ids import FileId, OrgId, PermitNumber


@dataclass(frozen=True)
class FileSight:
    """What of the files a reader may learn of.

    Attributes:
        own: every file of this organisation, drafts too.
        sponsored: submitted files that name this organisation as sponsor or as the next one.
        submitted: every submitted file.
        authority: submitted files for which this authority is competent.
        shared: submitted files that another authority shows to the reader's.
        only: of all these, the file of this permit alone.
    """

    own: OrgId | None = None
    sponsored: OrgId | None = None
    submitted: bool = False
    authority: OrgId | None = None
    shared: frozenset[FileId] = frozenset()
    only: PermitNumber | None = None

    @property
    def nothing(self) -> bool:
        """Whether there is no file at all that it covers."""
        return self.own is None and self.sponsored is None and not self.supervises

    @property
    def supervises(self) -> bool:
        """Whether it is an authority's: one that learns of proposals."""
        return self.submitted or self.authority is not None

    def covers(self, file: PermitFile) -> bool:
        """Whether a file may be learnt of."""
        if self.only is not None and file.permit != self.only:
            return False
        if self.own is not None and file.org == self.own:
            return True
        if file.submitted_at is None:
            return False
        named = self.sponsored is not None and self.sponsored in {file.sponsor, file.candidate}
        theirs = self.authority is not None and file.authority == self.authority
        return self.submitted or theirs or file.id in self.shared or named

    def shown(self, state: FileState) -> FileState:
        """The state in which a file is shown that stands in ``state``.

        >>> FileSight().shown(FileState.DECIDED), FileSight(submitted=True).shown(FileState.DECIDED)
        (<FileState.UNDER_REVIEW: 'under_review'>, <FileState.DECIDED: 'decided'>)
        """
        hidden = state is FileState.DECIDED and not self.supervises
        return FileState.UNDER_REVIEW if hidden else state

    def standing(self, shown: FileState) -> tuple[FileState, ...]:
        """The states in which files stand that are shown in ``shown``."""
        return tuple(each for each in FileState if self.shown(each) is shown)


def sight_of(actor: Actor) -> FileSight:
    """What an actor may learn of."""
    rights = rights_of(actor.seats)
    return FileSight(
        own=actor.org if Right.SEE_OWN_FILES in rights else None,
        sponsored=actor.org if Right.SEE_SPONSORED_FILES in rights else None,
        submitted=rights >= {Right.SEE_ALL_FILES, Right.SEE_EVERY_AUTHORITY},
        authority=actor.org if Right.SEE_ALL_FILES in rights else None,
        shared=actor.shared if Right.SEE_ALL_FILES in rights else frozenset(),
        only=actor.permit if actor.channel in {Channel.PERMIT_KEY, Channel.CUSTOMER} else None,
    )


def acting_sight_of(actor: Actor) -> FileSight:
    """The same without what other authorities show: that is read, and waits for nobody here."""
    return replace(sight_of(actor), shared=frozenset())
