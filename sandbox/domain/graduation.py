"""The statement at the end of a trial: what was tested, and that nothing else was.

Rules: it names the permit, the term, the assets and the limits of the test; it says in three
languages that it covers that scope only and gives no right to anything; two regulators sign it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sandbox.domain.document import NOTICE
from sandbox.domain.terms import Terms
from sandbox.kit.ids import PermitNumber, permit_key

COVERS: Final[Mapping[str, str]] = {
    "en": (
        "This statement covers only the scope that was tested, under the limits named here. It "
        "gives no right to offer the product outside the test."
    ),
    "ru": (
        "Справка относится только к проверенному объёму и к указанным здесь лимитам. Она не даёт "
        "права предлагать продукт вне испытания."
    ),
    "ky": (
        "Бул билдирүү сыналган көлөмгө жана бул жерде көрсөтүлгөн лимиттерге гана тиешелүү. Ал "
        "продуктту сынактан тышкары сунуштоого укук бербейт."
    ),
}


def graduation_document(  # noqa: PLR0913 - the parts of one document
    *,
    number: PermitNumber,
    version: int,
    title: str,
    holder: Mapping[str, str],
    operator: Mapping[str, str],
    terms: Terms,
    scope: str,
    report: str,
    at: datetime,
) -> dict[str, Any]:
    """The document that two regulators sign when a completed trial graduates.

    Args:
        number: the permit.
        version: the last version of the permit.
        title: the product.
        holder: ``{id, name}`` of the sponsor.
        operator: ``{id, name}`` of the start-up.
        terms: the last conditions of the test.
        scope: what was tested, in the regulator's words.
        report: the digest of the accepted exit report, hex.
        at: when it was proposed.
    """
    return {
        "type": "synak.graduation",
        "number": number,
        "permit_id": "0x" + permit_key(number).hex(),
        "version": version,
        "title": title,
        "holder": dict(holder),
        "operator": dict(operator),
        "tested_scope": scope,
        "tested_terms": terms.as_dict(),
        "exit_report": report,
        "covers": dict(COVERS),
        "proposed_at": at.isoformat(),
        "notice": dict(NOTICE),
    }
