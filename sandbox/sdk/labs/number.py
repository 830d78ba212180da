"""The terms behind a number, asked of the desk with the notebook server's own token."""

from __future__ import annotations

import os
import re
from typing import Any, Final

from sandbox.sdk.desk import Desk
from sandbox.sdk.errors import DeskProblem, SdkError
from sandbox.sdk.place import Place

_NUMBER: Final = re.compile(r"(?i)(f|sb)-\d{4}-\d{1,6}")


def own_desk(code: str = "sdk.not_in_a_server") -> Desk:
    """The desk, with the notebook server's own token.

    Args:
        code: what to say outside the hub.

    Raises:
        SdkError: that code.
    """
    for name in ("SYNAK_URL", "JUPYTERHUB_API_TOKEN"):
        if not os.environ.get(name):
            raise SdkError(code, missing=name)
    return Desk(Place.of(os.environ["SYNAK_URL"], token=os.environ["JUPYTERHUB_API_TOKEN"]))


def terms_of(number: str) -> dict[str, Any]:
    """The terms of one's own draft or permit.

    Args:
        number: ``F-2026-0001`` or ``SB-2026-0001``.

    Raises:
        SdkError: ``sdk.terms_number`` (no such form), ``sdk.not_in_a_server`` (outside the hub:
            take ``connect(…)`` and ``lab(permit=trial)``), ``sdk.draft_incomplete`` (limits of
            the draft are missing or wrong: they are named), and as ``Desk.get``.
    """
    if not _NUMBER.fullmatch(number.strip()):
        raise SdkError("sdk.terms_number", number=number[:40])
    desk = own_desk()
    try:
        return dict(desk.get(f"/terms/{number.strip().upper()}")["terms"])
    except DeskProblem as problem:
        if problem.code != "conditions.invalid":
            raise
        raise _incomplete(number.strip().upper(), problem) from None
    finally:
        desk.close()


def _incomplete(number: str, problem: DeskProblem) -> SdkError:
    """Terms with holes are enforced nowhere; which limits they are is what helps."""
    missing = problem.params.get("missing")
    parts = [str(each.get("part")) for each in missing] if isinstance(missing, list) else []
    named = ", ".join(dict.fromkeys(parts))[:400]
    return SdkError("sdk.draft_incomplete", number=number, parts=named)
