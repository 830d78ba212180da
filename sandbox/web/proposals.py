"""What a second signature would do: said in full before it is given.

Rules:

1. Everything is compared with what is in force, never with what was asked for.
2. An interim act that a version carries on becomes permanent with it; that is said by name.
3. Proposals that a signature makes void are named before it is given.
4. The newest proposal comes first; the confirmation that an interim act brings along, last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sandbox.domain.terms import Terms
from sandbox.locale import forms, translator
from sandbox.locale.catalogue import N_, Language
from sandbox.services import permits
from sandbox.services.views import DecisionView, FileView, InForceView
from sandbox.store.unit import UnitOfWork
from sandbox.web.limits import ASSET_SWITCHES, SWITCHES, terms_rows
from sandbox.web.visit import Visit
from sandbox.web.words import asset_name, name_of

TITLES: Final[Mapping[str, str]] = {
    "vary": N_("Change the conditions of %(permit)s"),
    "reinstate": N_("Reinstate %(permit)s"),
    "revoke": N_("Revoke %(permit)s"),
    "extend": N_("Extend the term of %(permit)s"),
    "change_sponsor": N_("Change the sponsor of %(permit)s"),
    "wind_down_approval": N_("Approve the settlement plan of %(permit)s"),
    "confirm": N_("Confirm the interim act on %(permit)s"),
    "tighten": N_("Confirm the lowered limits of %(permit)s"),
    "suspend": N_("Confirm the suspension of %(permit)s"),
    "halt": N_("Confirm the halt of %(permit)s"),
}
"""By kind of decision; a confirmation by the kind of the act that it makes permanent."""
STATES: Final = {"active": "active", "wind_down": "suspended", "halted": "halted"}
"""A trial's states as the desk calls them."""
NO_FIGURE: Final = frozenset(
    {*SWITCHES, *ASSET_SWITCHES, "contracts", "residences", "start", "end"}
)
"""Conditions that are set, not lowered to a figure."""


@dataclass(frozen=True)
class Change:
    """One line of what changes: in force, and after signing."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Proposal:
    """An open proposal as its second signatory must see it.

    Attributes:
        decision: the proposal.
        title: what will be signed.
        changes: state and limits, in force and after signing.
        carried: what an earlier interim act did and this signature makes permanent.
        voided: other proposals that this signature makes void.
    """

    decision: DecisionView
    title: str
    changes: tuple[Change, ...] = ()
    carried: tuple[str, ...] = ()
    voided: tuple[DecisionView, ...] = ()


def confirmed_kind(decision: DecisionView, decisions: tuple[DecisionView, ...]) -> str:
    """A decision's kind; for a confirmation the kind of the interim act it confirms."""
    if decision.kind != "confirm":
        return decision.kind
    act = _of_version(decisions, decision.version - 1)
    return act.kind if act else decision.kind


def signed_word(file: FileView, decision_id: str) -> str:
    """The code of what a page says after a second signature."""
    found = next(each for each in file.decisions if each.id == decision_id)
    return f"signed_{confirmed_kind(found, file.decisions)}"


def proposals(lang: Language, file: FileView, now: InForceView | None) -> list[Proposal]:
    """Every open proposal of a file, the newest first.

    Args:
        lang: the reader's language.
        file: the file as the reader may see it.
        now: the permit's version in force; None before a grant.
    """
    still = [each for each in file.decisions if each.status == "proposed"]
    still.sort(key=lambda each: (each.authored_at, each.kind != "confirm"), reverse=True)
    return [_proposal(lang, each, file, now, still) for each in still]


def look(u: UnitOfWork, visit: Visit, file: FileView) -> list[Proposal]:
    """The same, with the permit read from the store."""
    now = permits.in_force(u, visit.known, file.permit) if file.permit else None
    return proposals(visit.lang, file, now)


def _proposal(
    lang: Language,
    decision: DecisionView,
    file: FileView,
    now: InForceView | None,
    still: list[DecisionView],
) -> Proposal:
    gettext = translator(lang).gettext
    voided = tuple(
        each
        for each in still
        if each.id != decision.id and decision.version and 0 < each.version <= decision.version
    )
    kind = confirmed_kind(decision, file.decisions)
    if now is None or decision.terms is None or kind not in TITLES:
        words = {"kind": name_of(lang, decision.kind)}
        return Proposal(decision, gettext("Proposed: %(kind)s") % words, voided=voided)
    own = _own_changes(lang, decision, file) if decision.kind == "confirm" else frozenset()
    changes, carried = _compare(lang, decision, now, own)
    if decision.kind == "change_sponsor":
        before, after = file.sponsor_name or "—", decision.holder or "—"
        changes.insert(0, Change(gettext("Holder (sponsor)"), before, after))
    title = gettext(TITLES[kind]) % {"permit": now.number}
    return Proposal(decision, title, tuple(changes), tuple(carried), voided)


def _compare(
    lang: Language, decision: DecisionView, now: InForceView, own: frozenset[str]
) -> tuple[list[Change], list[str]]:
    """What changes, and what an earlier interim act changed and the signature keeps for good."""
    gettext = translator(lang).gettext
    assert decision.terms is not None
    base, held, then = (
        _facts(lang, now.base_terms, now.base_state),
        _facts(lang, now.terms, now.state),
        _facts(lang, decision.terms, decision.trial_state or now.state),
    )
    if decision.kind == "revoke":
        then["state"] = (then["state"][0], name_of(lang, "revoked"))
    changes, carried = [], []
    for field in dict.fromkeys([*held, *then, *base]):
        name = next(facts[field][0] for facts in (held, then, base) if field in facts)
        was, is_now, will = (facts.get(field, ("", "—"))[1] for facts in (base, held, then))
        if was == is_now == will:
            continue
        before = is_now
        if was != is_now:
            before = gettext("%(interim)s in the interim, otherwise %(base)s") % {
                "interim": is_now,
                "base": was,
            }
        changes.append(Change(name, before, will))
        if was != is_now and is_now == will and field not in own:
            carried.append(_carried(lang, field, name, will))
    return changes, carried


def _carried(lang: Language, field: str, name: str, value: str) -> str:
    gettext = translator(lang).gettext
    if field == "state":
        return gettext("Also makes this interim state permanent: %(value)s.") % {"value": value}
    words = {"limit": name, "value": value}
    if field in NO_FIGURE:
        return gettext("Also makes this interim condition permanent: %(limit)s: %(value)s.") % words
    return gettext("Also makes the lowering to %(value)s permanent (%(limit)s).") % words


def _own_changes(lang: Language, decision: DecisionView, file: FileView) -> frozenset[str]:
    """What the interim act itself changed, which its confirmation is about."""
    act = _of_version(file.decisions, decision.version - 1)
    earlier = [
        each
        for each in file.decisions
        if each.status == "in_force" and 0 < each.version < decision.version - 1
    ]
    before = max(earlier, key=lambda each: each.version, default=None)
    if act is None or act.terms is None or before is None or before.terms is None:
        return frozenset()
    old = _facts(lang, before.terms, before.trial_state or "active")
    new = _facts(lang, act.terms, act.trial_state or "active")
    return frozenset(field for field in {*old, *new} if old.get(field) != new.get(field))


def _of_version(decisions: tuple[DecisionView, ...], version: int) -> DecisionView | None:
    """The decision that issued a version; proposals that never did are passed over."""
    issued = [each for each in decisions if each.status in ("in_force", "lapsed")]
    return next((each for each in issued if each.version == version), None)


def _facts(lang: Language, terms: Terms, state: str) -> dict[str, tuple[str, str]]:
    """State, term and limits by field: name and value in words."""
    found = {
        "state": (name_of(lang, "state"), name_of(lang, STATES[state])),
        "start": (name_of(lang, "start"), forms.day(terms.start, lang)),
        "end": (name_of(lang, "end"), forms.day(terms.end, lang)),
    }
    for row in terms_rows(lang, terms):
        label = f"{row.name} ({asset_name(lang, row.asset)})" if row.asset else row.name
        found[row.field] = (label, row.text)
    return found
