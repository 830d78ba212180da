"""The tables of contract review: requests, their sources, and who saw them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlmodel import SQLModel

from sandbox.domain.review import (
    HOLDS,
    ContractReview,
    ReviewSource,
    ReviewState,
    SourceView,
    layers_from_json,
    layers_to_json,
)
from sandbox.kit.ids import ChainName, PermitNumber
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import EnumColumn, JsonColumn, TZDateTime


def _layers() -> JsonColumn:
    return JsonColumn(layers_to_json, layers_from_json)


def _tuple() -> JsonColumn:
    return JsonColumn(list, tuple)


class ContractReviewRow(SQLModel, table=True):
    """Requests to approve a contract."""

    __tablename__: ClassVar[Any] = "contract_review"
    id: str = column(String(40), primary_key=True)
    permit: str = column(String(20), ForeignKey("permit.number"), index=True)
    chain: str = column(String(10))
    address: str = column(String(42), index=True)
    name: str = column(String(80))
    state: Any = column(EnumColumn(ReviewState), index=True)
    layers: Any = column(_layers())
    before: Any = column(_layers(), nullable=True)
    comparison: Any = column(JsonColumn())
    asked_by: str = column(String(32), ForeignKey("account.name"))
    asked_at: datetime = column(TZDateTime())
    reviewers: Any = column(_tuple())
    signatures: Any = column(_tuple())
    nonce: int = column(Integer())
    reason: str = column(Text())
    decided_by: str | None = column(String(32), nullable=True)
    decided_at: datetime | None = column(TZDateTime(), nullable=True)
    changed: Any = column(JsonColumn(), nullable=True)
    tx_hash: str | None = column(String(66), nullable=True)
    revision: int = column(Integer())


class ReviewSourceRow(SQLModel, table=True):
    """Sources, apart from the requests: only who may see one reads this table."""

    __tablename__: ClassVar[Any] = "review_source"
    review: str = column(String(40), ForeignKey("contract_review.id"), primary_key=True)
    text: str = column(Text())


class SourceViewRow(SQLModel, table=True):
    """Who saw a source, and when."""

    __tablename__: ClassVar[Any] = "source_view"
    id: str = column(String(40), primary_key=True)
    review: str = column(String(40), ForeignKey("contract_review.id"), index=True)
    account: str = column(String(32), ForeignKey("account.name"))
    at: datetime = column(TZDateTime())


class ContractReviews(Repository[ContractReview]):
    """Requests to approve a contract."""

    record, row, code = ContractReview, ContractReviewRow, "review"

    def of_permit(self, number: PermitNumber) -> tuple[ContractReview, ...]:
        """A permit's requests, the newest first."""
        return self.select(self.columns.permit == number, order=self.columns.asked_at.desc())

    def of_contract(
        self, number: PermitNumber, chain: ChainName, address: str, *states: ReviewState
    ) -> tuple[ContractReview, ...]:
        """Requests about one contract that stand in one of some states."""
        return self.select(
            self.columns.permit == number,
            self.columns.chain == chain,
            self.columns.address == address,
            self.columns.state.in_(states),
        )

    def in_states(self, states: Collection[ReviewState], limit: int) -> tuple[ContractReview, ...]:
        """Requests of every permit that stand in one of some states, the oldest first."""
        where = self.columns.state.in_(list(states))
        return self.select(where, order=self.columns.asked_at, limit=limit)

    def held(self, number: PermitNumber | None = None) -> tuple[ContractReview, ...]:
        """Approvals that the chain holds, of one permit or of all."""
        where = [self.columns.state.in_(HOLDS)]
        if number is not None:
            where.append(self.columns.permit == number)
        return self.select(*where, order=self.columns.asked_at)


class ReviewSources(Repository[ReviewSource]):
    """Sources under review."""

    record, row, code = ReviewSource, ReviewSourceRow, "review_source"


class SourceViews(Repository[SourceView]):
    """Who saw a source."""

    record, row, code = SourceView, SourceViewRow, "source_view"

    def of_review(self, review: str) -> tuple[SourceView, ...]:
        """Every view of one source, the oldest first."""
        return self.select(self.columns.review == review, order=self.columns.at)
