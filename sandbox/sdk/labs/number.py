"""The terms behind a number, asked of the desk with the notebook server's own token."""

from __future__ import annotations

import os
import re
from typing import Any, Final

from sandbox.sdk.desk import Desk
from sandbox.sdk.errors import SdkError
from sandbox.sdk.place import Place

_NUMBER: Final = re.compile(r"(?i)(f|sb)-\d{4}-\d{1,6}")


def own_desk() -> Desk:
    """The desk, with the notebook server's own token.

    Raises:
        SdkError: ``sdk.not_in_a_server``.
    """
    for name in ("SYNAK_URL", "JUPYTERHUB_API_TOKEN"):
        if not os.environ.get(name):
            raise SdkError("sdk.not_in_a_server", missing=name)
    return Desk(Place.of(os.environ["SYNAK_URL"], token=os.environ["JUPYTERHUB_API_TOKEN"]))


def terms_of(number: str) -> dict[str, Any]:
    """The terms of one's own draft or permit.

    Args:
        number: ``F-2026-0001`` or ``SB-2026-0001``.

    Raises:
        SdkError: ``sdk.terms_number`` (no such form), ``sdk.not_in_a_server`` (outside the hub:
            take ``connect(…)`` and ``lab(permit=trial)``), and as ``Desk.get``.
    """
    if not _NUMBER.fullmatch(number.strip()):
        raise SdkError("sdk.terms_number", number=number[:40])
    desk = own_desk()
    try:
        return dict(desk.get(f"/terms/{number.strip().upper()}")["terms"])
    finally:
        desk.close()
