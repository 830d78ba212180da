"""Forms of acts: what is typed becomes an act, and an act is said in rows of words.

Rules: amounts are typed in the token and read as the reader writes them; moments are Bishkek time;
what a form does not say is left out, so that the desks may miss it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.forensics.acting import terms
from sandbox.forensics.acting.acts import (
    Act,
    Aim,
    HandOver,
    Motion,
    Request,
    Seize,
    moment_of,
)
from sandbox.forensics.acting.letters import letter
from sandbox.forensics.cases.case import TOKENS, written
from sandbox.kit.dates import read_moment
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput
from sandbox.locale import forms, translator
from sandbox.locale.catalogue import N_, Language
from sandbox.locale.forms import ZONE
from sandbox.services import investigation_acts, investigation_views
from sandbox.services.investigations import Acted, Held
from sandbox.web import investigation_words as named

ASKS: Final[Mapping[str, str]] = {
    "customer": N_("Who the customer is"),
    "since": N_("Since when"),
    "deposits": N_("What came in"),
    "payouts": N_("Payments to cards (banking secrecy: needs the judge's order)"),
}
KINDS: Final[Mapping[str, str]] = {
    "request": N_("Request to an exchange"),
    "intelligence": N_("Question to the financial intelligence service"),
    "motion": N_("Motion to the prosecutor and the judge"),
    "freeze": N_("Freeze order to the issuer"),
    "lift": N_("Lifting of a freeze"),
    "seize": N_("Seizure to the police wallet"),
    "hand_over": N_("Hand-over to the state reserve"),
}
MEASURES: Final[Mapping[str, str]] = {
    "freeze": N_("to freeze"),
    "records": N_("to get records of payments"),
    "seize": N_("to seize"),
    "hand_over": N_("to hand over to the reserve"),
}
STAGES: Final[Mapping[str, str]] = {
    "pending": N_("sent"),
    "returned": N_("returned with defects"),
    "answered": N_("answered"),
    "agreed": N_("the prosecutor agrees"),
    "granted": N_("granted"),
    "in_force": N_("in force"),
    "confirmed": N_("confirmed by the judge"),
    "lapsed": N_("lapsed"),
    "ended": N_("term over"),
    "lifted": N_("lifted"),
    "done": N_("done"),
    "failed": N_("not carried out"),
}
TONES: Final[Mapping[str, str]] = {
    "returned": "bad",
    "lapsed": "bad",
    "failed": "bad",
    "ended": "warn",
    "answered": "good",
    "granted": "good",
    "in_force": "good",
    "confirmed": "good",
    "done": "good",
}


def act_of(held: Held, form: Mapping[str, str], lang: Language) -> dict[str, Any]:
    """The act that a form says, without moment and person.

    Args:
        held: the case, for the route of a motion.
        form: as it was sent.
        lang: the reader's.

    Raises:
        InvalidInput: ``investigation.act_incomplete``, ``investigation.no_route``,
            ``investigation.ledger``, ``amount.*``, ``date.*``.
    """
    kind = form.get("kind", "")
    match kind:
        case "request":
            return {
                "kind": kind,
                "to": form.get("to", ""),
                "addresses": form.get("addresses", "").split(),
                "asks": [each for each in ASKS if form.get(f"ask_{each}")],
                "first": written(read_moment(form.get("first", ""), ZONE)),
                "last": written(read_moment(form.get("last", ""), ZONE)),
                "basis": _number(form.get("basis", "")),
            }
        case "intelligence":
            return {"kind": kind, "address": form.get("address", "").strip()}
        case "motion":
            return {"kind": kind, **_motion(held, form, lang)}
        case "freeze":
            return {"kind": kind, "target": _target(form), "basis": _number(form.get("basis", ""))}
        case "lift":
            return {"kind": kind, "freeze": _needed(form, "freeze")}
        case "seize" | "hand_over":
            return {"kind": kind, **_taken(held, form, lang)}
    raise InvalidInput("investigation.act_incomplete", what=", ".join(KINDS))


def _motion(held: Held, form: Mapping[str, str], lang: Language) -> dict[str, Any]:
    report = _number(form.get("report", "")) or 0
    target = _target(form)
    amount = form.get("amount", "").strip()
    aim: dict[str, Any] = {**target, "grounds": {}}
    if amount:
        aim["amount"] = _minor(form, lang)
    kind, _, number = form.get("grounds", "").partition(":")
    if kind == "route":
        aim["grounds"] = {
            "route": investigation_acts.route(held, report, target["ledger"], target["address"])
        }
    elif kind in {"answer", "paper"} and is_digits(number):
        aim["grounds"] = {kind: int(number[:6])}
    return {
        "measure": form.get("measure", ""),
        "facts": form.get("facts", ""),
        "report": report,
        "policy": form.get("policy", ""),
        "targets": [aim] if target["address"] else [],
        "days": _number(form.get("days", "")) or 0,
        "confirms": _number(form.get("confirms", "")),
    }


def _taken(held: Held, form: Mapping[str, str], lang: Language) -> dict[str, Any]:
    """A seizure or a hand-over: from the address for which its motion was granted."""
    basis = _needed(form, "basis")
    acts = investigation_acts.acted_of(held).now.acts
    found = acts[basis - 1] if basis <= len(acts) else None
    if not isinstance(found, Motion) or not found.targets:
        raise InvalidInput("investigation.act_incomplete", what="basis")
    ledger, address = found.targets[0].place
    return {
        "target": {"ledger": ledger, "address": address},
        "amount": _minor({**form, "ledger": ledger}, lang),
        "basis": basis,
        "second": form.get("second", ""),
    }


def said_of(act: Act, lang: Language) -> list[tuple[str, str, str]]:
    """An act in rows: what, how much or which, and of what kind that is.

    Args:
        act: done, or about to be.
        lang: the reader's.
    """
    rows: list[tuple[str, str, str]] = []
    match act:
        case Request():
            rows.append((N_("To"), act.to, "name"))
            rows += [(N_("Address"), each, "address") for each in act.addresses]
            asked = named.said(ASKS, lang)
            rows.append((N_("Asked"), ", ".join(asked[each] for each in act.asks) or "—", ""))
            period = " – ".join(_when(each, lang) for each in (act.first, act.last))
            rows.append((N_("Period"), period, ""))
        case Motion():
            rows += _motion_said(act, lang)
        case Seize() | HandOver():
            rows.append((N_("Address"), act.target.address, "address"))
            rows.append((N_("Amount"), _money(act.target.ledger, act.amount, lang), ""))
            rows.append((N_("Second person"), act.second, "person"))
    if hasattr(act, "target") and not isinstance(act, Seize | HandOver):
        rows.append((N_("Address"), act.target.address, "address"))
        rows.append((N_("Token"), TOKENS[act.target.ledger], ""))
    if hasattr(act, "address"):
        rows.append((N_("Address"), act.address, "address"))
    if hasattr(act, "freeze"):
        rows.append((N_("Freeze"), f"№ {act.freeze}", ""))
    for name, label in (("basis", N_("By motion")), ("confirms", N_("Confirms freeze"))):
        if getattr(act, name, None) is not None:
            rows.append((label, f"№ {getattr(act, name)}", ""))
    return rows


def timeline(acted: Acted, lang: Language) -> list[dict[str, Any]]:
    """Every act with what it came to, the newest first."""
    kinds, stages = named.said(KINDS, lang), named.said(STAGES, lang)
    rows = []
    for number, act in enumerate(acted.now.acts, 1):
        news = acted.now.latest(number)
        rows.append(
            {
                "number": number,
                "at": act.moment,
                "kind": kinds[news.kind],
                "by": act.by,
                "rows": said_of(act, lang),
                "stage": stages[news.stage],
                "tone": TONES.get(news.stage, ""),
                "since": news.moment,
            }
        )
    return rows[::-1]


def letters(acted: Acted, lang: Language) -> list[dict[str, Any]]:
    """What came in, the newest first."""
    stages = named.said(STAGES, lang)
    return [
        {
            "number": each.number,
            "moment": each.moment,
            "stage": stages[each.stage],
            "tone": TONES.get(each.stage, ""),
            "text": letter(each, lang),
        }
        for each in reversed(acted.now.news)
        if each.stage != "pending"
    ]


def delays(kind: str) -> list[tuple[str, int, int]]:
    """Who takes how long over an act: name, least and most hours; ours, to be confirmed."""
    law = terms()
    match kind:
        case "request":
            return [(N_("The exchange answers"), *law.exchange_answers)]
        case "intelligence":
            return [(N_("The service answers"), *law.intelligence_answers)]
        case "motion":
            return [(N_("The prosecutor"), *law.prosecutor), (N_("Then the judge"), *law.judge)]
        case "hand_over":
            return []
    return [(N_("The issuer carries it out"), *law.issuer)]


def _motion_said(act: Motion, lang: Language) -> list[tuple[str, str, str]]:
    rows = [(N_("Measure"), named.said(MEASURES, lang)[act.measure], "")]
    for aim in act.targets:
        rows.append((N_("Address"), aim.address, "address"))
        rows.append((N_("Amount"), _money(aim.ledger, aim.amount, lang), ""))
        rows.append((N_("Why this address"), _grounds(aim, lang), ""))
    if act.measure == "freeze":
        rows.append((N_("Days"), str(act.days) if act.days else "—", ""))
    return [*rows, (N_("What happened"), act.facts or "—", "")]


def _grounds(aim: Aim, lang: Language) -> str:
    words, found = translator(lang), aim.grounds
    if found.route is not None:
        return words.gettext("The route in my hop ledger")
    if found.answer is not None:
        return words.gettext("Answer to act %(number)s") % {"number": found.answer}
    if found.paper is not None:
        return words.gettext("Paper %(number)s") % {"number": found.paper + 1}
    return words.gettext("No grounds")


def _target(form: Mapping[str, str]) -> dict[str, Any]:
    ledger = investigation_views.ledger_of(form.get("ledger", ""))
    return {"ledger": ledger, "address": form.get("address", "").strip()}


def _minor(form: Mapping[str, str], lang: Language) -> str:
    token = TOKENS[investigation_views.ledger_of(form.get("ledger", ""))]
    return str(forms.read_amount(form.get("amount", ""), token, lang))


def _needed(form: Mapping[str, str], name: str) -> int:
    found = _number(form.get(name, ""))
    if not found:
        raise InvalidInput("investigation.act_incomplete", what=name)
    return found


def _number(text: str) -> int | None:
    said = text.strip()
    return int(said) if is_digits(said) and len(said) <= 6 else None


def _money(ledger: str, amount: str, lang: Language) -> str:
    token = TOKENS[investigation_views.ledger_of(ledger)]
    return forms.money(int(amount), token, lang) if amount else "—"


def _when(moment: str, lang: Language) -> str:
    return forms.when(moment_of(moment), lang)
