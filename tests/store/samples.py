"""Records for tests of the store."""

from __future__ import annotations

from datetime import datetime

from sandbox.domain.lifecycle import FileState
from sandbox.domain.records import PermitFile


def file_sample(at: datetime) -> PermitFile:
    return PermitFile(
        id="F-2026-0001",
        org="kattap-pay",
        sponsor=None,
        title="",
        state=FileState.DRAFT,
        answers={},
        created_by="aigul",
        created_at=at,
        updated_at=at,
    )
