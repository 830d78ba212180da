"""The tables of outside witnesses and of attestations, and what is asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, ForeignKey, Integer, String, select
from sqlmodel import SQLModel

from sandbox.domain.attestation import PermitAttestation, Standing
from sandbox.domain.lifecycle import FileState
from sandbox.domain.records import Permit
from sandbox.domain.witnesses import PageScan, WitnessedHead, WitnessKind
from sandbox.store.base import column
from sandbox.store.repositories import Permits
from sandbox.store.repository import Repository
from sandbox.store.tables import PermitFileRow
from sandbox.store.types import EnumColumn, TZDateTime


class WitnessedHeadRow(SQLModel, table=True):
    """Heads that were given to witnesses."""

    __tablename__: ClassVar[Any] = "witnessed_head"
    kind: Any = column(EnumColumn(WitnessKind), primary_key=True)
    number: int = column(Integer(), primary_key=True, autoincrement=False)
    size: int = column(BigInteger())
    root: str = column(String(64))
    signed_at: str = column(String(40))
    signature: str = column(String(128))
    public_key: str = column(String(64))
    at: datetime = column(TZDateTime())
    by: str = column(String(32))
    place: str = column(String(80))
    block: int | None = column(BigInteger(), nullable=True)
    prints: int = column(Integer())
    revision: int = column(Integer())


class PageScanRow(SQLModel, table=True):
    """Scans of signed register pages; their bytes lie beside the store, by their hash."""

    __tablename__: ClassVar[Any] = "page_scan"
    id: str = column(String(40), primary_key=True)
    page: int = column(Integer(), index=True)
    name: str = column(String(120))
    media: str = column(String(100))
    size: int = column(Integer())
    sha256: str = column(String(64))
    by: str = column(String(32), ForeignKey("account.name"))
    at: datetime = column(TZDateTime())


class PermitAttestationRow(SQLModel, table=True):
    """What the chain was told of each permit."""

    __tablename__: ClassVar[Any] = "permit_attestation"
    permit: str = column(String(20), ForeignKey("permit.number"), primary_key=True)
    serial: int = column(Integer())
    version: int = column(Integer())
    standing: Any = column(EnumColumn(Standing))
    document: str = column(String(66))
    tx_hash: str = column(String(66))
    block: int | None = column(BigInteger(), nullable=True)
    refused: str | None = column(String(300), nullable=True)
    at: datetime = column(TZDateTime())
    revision: int = column(Integer())


class WitnessedHeads(Repository[WitnessedHead]):
    """Heads that were given to witnesses."""

    record, row, code = WitnessedHead, WitnessedHeadRow, "witness"

    def newest(self, kind: WitnessKind, limit: int = 1) -> tuple[WitnessedHead, ...]:
        """The newest heads of a witness, newest first."""
        return self.select(self.columns.kind == kind, order=self.columns.number.desc(), limit=limit)

    def behind(self, kind: WitnessKind, size: int, limit: int) -> tuple[WitnessedHead, ...]:
        """A witness's heads of more than ``size`` entries, oldest first."""
        wanted = (self.columns.kind == kind, self.columns.size > size)
        return self.select(*wanted, order=self.columns.size, limit=limit)


class PageScans(Repository[PageScan]):
    """Scans of signed register pages."""

    record, row, code = PageScan, PageScanRow, "witness"

    def of_pages(self, pages: Sequence[int]) -> tuple[PageScan, ...]:
        """The scans of these pages, oldest first."""
        return self.select(self.columns.page.in_(list(pages)), order=self.columns.at)


class PermitAttestations(Repository[PermitAttestation]):
    """What the chain was told of each permit."""

    record, row, code = PermitAttestation, PermitAttestationRow, "attestation"

    def published(self) -> list[tuple[Permit, FileState, PermitAttestation | None]]:
        """Every permit that was ever in force, its file's state, what the chain was told of it."""
        permits = Permits(self.session)
        files: Any = PermitFileRow.__table__  # type: ignore[attr-defined]
        query = (
            select(permits.table, files.c.state.label("file_state"))
            .join(files, files.c.id == permits.columns.file)
            .where(permits.columns.published_version > 0)
            .order_by(permits.columns.number)
        )
        told = {each.permit: each for each in self.select()}
        rows = self.session.execute(query).mappings().all()
        return [
            (permit, row["file_state"], told.get(permit.number))
            for row in rows
            for permit in [permits.load(row)]
        ]
