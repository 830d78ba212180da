"""Alert rules and national caps on the desk: versions, drafts, dry runs, the second signature.

Rules: who may not see alerts gets the page of an address that does not exist; acts of law ask for
the password; what was typed stays when something was wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.alerts.facts import WATCHED
from sandbox.domain.alerts.rule import Rule, Unit
from sandbox.domain.alerts.rule_set import MOST_BANDS, RULES, RuleSet
from sandbox.domain.seats import Right
from sandbox.domain.sight import sight_of
from sandbox.domain.supervision import CAPPED, Setting, SettingKind, SettingState
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput
from sandbox.kit.money import NO_LIMIT, limit_to_json
from sandbox.locale import forms, translator
from sandbox.locale.catalogue import Language
from sandbox.services import alerts as cases
from sandbox.services import supervision
from sandbox.services.supervision import Confirm, Draft, require_sees_alerts
from sandbox.services.supervision_record import record_view
from sandbox.web.alert_words import Words
from sandbox.web.pages import Problem, page
from sandbox.web.review import act
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
RULES_HOME: Final = "/desk/cohort/rules"
CAPS_HOME: Final = "/desk/cohort/caps"


# ---------- rules ----------
@router.get("/desk/cohort/rules")
def show_rules(visit: Reader) -> Response:
    """The rules in force, how their alerts ended, every version."""
    require_sees_alerts(visit.known)
    with visit.parts.store.unit(read_only=True) as u:
        version, rules = supervision.rules_in_force(u, visit.at)
        versions = supervision.versions(u, visit.known, SettingKind.RULES)
        counts = cases.statistics(u, visit.known)
    return page(
        visit,
        "alert_rules.html",
        alerts=Words(visit.lang),
        version=version,
        rules=rules,
        all_rules=RULES,
        versions=versions,
        counts=counts,
        draft=open_draft(versions),
        sets=visit.has(Right.SET_SUPERVISION),
    )


def open_draft(versions: tuple[Setting, ...]) -> Setting | None:
    """The draft that is open, if one is."""
    return next((each for each in versions if each.state is SettingState.DRAFT), None)


@router.get("/desk/cohort/rules/draft")
def draft_form(visit: Reader) -> Response:
    """The form for other rules, filled with those in force."""
    return _draft_form(visit)


def _draft_form(visit: Visit, problem: Problem | None = None) -> HTMLResponse:
    require_sees_alerts(visit.known)
    with visit.parts.store.unit(read_only=True) as u:
        _, rules = supervision.rules_in_force(u, visit.at)
    words = Words(visit.lang)
    return page(
        visit,
        "alert_rules_form.html",
        status=problem.error.status if problem else 200,
        alerts=words,
        all_rules=RULES,
        values=written(rules, words),
        on={name: settings.on for name, settings in rules.rules.items()},
        kinds={name: settings.kinds for name, settings in rules.rules.items()},
        watched=WATCHED,
        most_bands=MOST_BANDS,
        problem=problem,
    )


@router.post("/desk/cohort/rules")
def draft_rules(visit: Poster) -> Response:
    """Draft other rules."""
    require_sees_alerts(visit.known)

    def work(u: Any) -> Setting:
        body = read_rules(visit.form, visit.lang)
        reasons = visit.form.get("reasons", "")
        command = Draft(SettingKind.RULES, body, reasons, visit.key)
        return supervision.draft(u, visit.known, command, at=visit.at)

    return act(
        visit,
        work,
        then=lambda setting: f"{RULES_HOME}/{setting.id}?said=saved",
        again=lambda error: _draft_form(visit, Problem(error, "draft")),
    )


@router.get("/desk/cohort/rules/{setting}")
def show_version(visit: Reader, setting: str) -> Response:
    """One version: what it changes, its dry run, the second signature."""
    return _version(visit, setting)


def _version(visit: Visit, setting_id: str, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        setting = supervision.find_setting(u, visit.known, setting_id, SettingKind.RULES)
        version, now = supervision.rules_in_force(u, visit.at)
        history = u.supervision_record.of_subject(setting.id)
        every = u.listing.sees_every(sight_of(visit.known))
    words = Words(visit.lang)
    return page(
        visit,
        "alert_rules_version.html",
        status=problem.error.status if problem else 200,
        alerts=words,
        setting=setting,
        changes=changes(now, RuleSet.read(setting.body), words),
        compared=version,
        trial={**(setting.trial or {"state": ""}), **({} if every else {"alerts": []})},
        trial_days=supervision.TRIAL_DAYS,
        history=history,
        open=setting.state is SettingState.DRAFT,
        second=setting.author_person != visit.known.person,
        sets=visit.has(Right.SET_SUPERVISION),
        problem=problem,
    )


@router.post("/desk/cohort/rules/{setting}/trial")
def order_trial(visit: Poster, setting: str) -> Response:
    """Order a dry run."""
    days = visit.form.get("days", "")
    number = int(days) if is_digits(days) and len(days) < 5 else 0
    return _on_setting(
        visit,
        setting,
        "trial",
        lambda u: supervision.order_trial(u, visit.known, setting, number, at=visit.at),
    )


@router.post("/desk/cohort/rules/{setting}/confirm")
def confirm_rules(visit: Poster, setting: str) -> Response:
    """Confirm as the second person."""
    command = Confirm(setting, visit.key)
    return _on_setting(
        visit,
        setting,
        "confirm",
        lambda u: supervision.confirm(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/cohort/rules/{setting}/withdraw")
def withdraw_rules(visit: Poster, setting: str) -> Response:
    """Withdraw a draft."""
    command = Confirm(setting, visit.key)
    return _on_setting(
        visit,
        setting,
        "withdraw",
        lambda u: supervision.withdraw(u, visit.known, command, at=visit.at),
    )


def _on_setting(visit: Visit, setting: str, form: str, work: Callable[[Any], Any]) -> Response:
    require_sees_alerts(visit.known)
    return act(
        visit,
        work,
        then=f"{RULES_HOME}/{setting[:20]}?said=saved",
        again=lambda error: _version(visit, setting, Problem(error, form)),
    )


# ---------- caps ----------
@router.get("/desk/cohort/caps")
def show_caps(visit: Reader) -> Response:
    """National caps, and every version of them."""
    return _caps(visit)


def _caps(visit: Visit, problem: Problem | None = None) -> HTMLResponse:
    require_sees_alerts(visit.known)
    with visit.parts.store.unit(read_only=True) as u:
        caps = supervision.caps_in_force(u, visit.at)
        versions = supervision.versions(u, visit.known, SettingKind.CAPS)
    draft = open_draft(versions)
    return page(
        visit,
        "national_caps.html",
        status=problem.error.status if problem else 200,
        alerts=Words(visit.lang),
        caps=caps,
        assets=CAPPED,
        versions=versions,
        draft=draft,
        second=draft is not None and draft.author_person != visit.known.person,
        sets=visit.has(Right.SET_SUPERVISION),
        problem=problem,
    )


@router.post("/desk/cohort/caps")
def draft_caps(visit: Poster) -> Response:
    """Draft other caps."""

    def work(u: Any) -> Setting:
        body: dict[str, str] = {
            asset: _read_cap(visit.form.get(asset, ""), asset, visit.lang) for asset in CAPPED
        }
        command = Draft(SettingKind.CAPS, body, visit.form.get("reasons", ""), visit.key)
        return supervision.draft(u, visit.known, command, at=visit.at)

    return _on_caps(visit, "draft", work)


@router.post("/desk/cohort/caps/{setting}/confirm")
def confirm_caps(visit: Poster, setting: str) -> Response:
    """Confirm as the second person."""
    command = Confirm(setting, visit.key)
    return _on_caps(
        visit, "confirm", lambda u: supervision.confirm(u, visit.known, command, at=visit.at)
    )


@router.post("/desk/cohort/caps/{setting}/withdraw")
def withdraw_caps(visit: Poster, setting: str) -> Response:
    """Withdraw a draft."""
    command = Confirm(setting, visit.key)
    return _on_caps(
        visit, "confirm", lambda u: supervision.withdraw(u, visit.known, command, at=visit.at)
    )


def _on_caps(visit: Visit, form: str, work: Callable[[Any], Any]) -> Response:
    require_sees_alerts(visit.known)
    return act(
        visit,
        work,
        then=f"{CAPS_HOME}?said=saved",
        again=lambda error: _caps(visit, Problem(error, form)),
    )


def _read_cap(text: str, asset: Any, lang: Language) -> str:
    words = {"", NO_LIMIT.value, translator(lang).gettext("no limit")}
    if text.strip() in words:
        return NO_LIMIT.value
    return limit_to_json(forms.read_amount(text, asset, lang))


# ---------- the record ----------
@router.get("/desk/cohort/record")
def show_record(visit: Reader) -> Response:
    """The record of supervision, checked link by link."""
    with visit.parts.store.unit(read_only=True) as u:
        record = record_view(u, visit.known)
    return page(visit, "supervision_record.html", alerts=Words(visit.lang), record=record)


# ---------- forms of rules ----------
def written(rules: RuleSet, words: Words) -> dict[str, str]:
    """A rule set as the fields of the form."""
    found = {"alert_at": str(rules.alert_at)}
    for name, settings in rules.rules.items():
        rule = RULES[name]
        for each in rule.parameters:
            field = f"{name}.{each.name}"
            found[field] = words.typed(each.unit, settings.values[each.name])
        for place, band in enumerate(settings.bands):
            found[f"{name}.start{place}"] = words.typed(rule.unit, band.start)
            found[f"{name}.weight{place}"] = str(band.weight)
    return found


def read_rules(form: Mapping[str, str], lang: Language) -> dict[str, Any]:
    """The form's fields as a rule set, not yet checked.

    Args:
        form: as :func:`written` names the fields; ``<rule>.on`` and ``<rule>.kind.<kind>`` are
            boxes.
        lang: whose form of numbers.

    Raises:
        InvalidInput: ``alert_rules.not_a_number``, ``amount.*``.
    """
    return {
        "alert_at": read_number(form, "alert_at", Unit.COUNT, lang),
        "rules": {name: _read_rule(form, rule, lang) for name, rule in RULES.items()},
    }


def _read_rule(form: Mapping[str, str], rule: Rule, lang: Language) -> dict[str, Any]:
    name = rule.name
    bands = [
        [
            read_number(form, f"{name}.start{place}", rule.unit, lang),
            read_number(form, f"{name}.weight{place}", Unit.COUNT, lang),
        ]
        for place in range(MOST_BANDS)
        if form.get(f"{name}.start{place}", "").strip()
        or form.get(f"{name}.weight{place}", "").strip()
    ]
    return {
        "on": form.get(f"{name}.on") == "yes",
        "values": {
            each.name: read_number(form, f"{name}.{each.name}", each.unit, lang)
            for each in rule.parameters
        },
        "bands": bands,
        "kinds": [each.value for each in WATCHED if form.get(f"{name}.kind.{each}") == "yes"],
    }


def read_number(form: Mapping[str, str], field: str, unit: Unit, lang: Language) -> int:
    """A field as a whole number, an amount in tyiyn.

    Raises:
        InvalidInput: ``alert_rules.not_a_number``, ``amount.*``.
    """
    text = form.get(field, "")
    if unit is Unit.TYIYN:
        return forms.read_amount(text, "SOM", lang)
    compact = "".join(text.split()).replace("\u00a0", "").replace("\u202f", "")
    compact = compact.replace(",", "") if lang == "en" else compact
    if not is_digits(compact) or len(compact) > 15:
        raise InvalidInput("alert_rules.not_a_number", text=text[:40])
    return int(compact)


def changes(now: RuleSet, then: RuleSet, words: Words) -> list[tuple[str, str, str, str]]:
    """What differs between two sets: rule, what, before, after; in words."""
    rows = []
    if now.alert_at != then.alert_at:
        title = translator(words.lang).gettext("Weight from which an alert is raised")
        rows.append(("", title, str(now.alert_at), str(then.alert_at)))
    for name, rule in RULES.items():
        before, after = _lines(now, rule, words), _lines(then, rule, words)
        rows += [
            (words.name(name), what, before[what], after[what])
            for what in before
            if before[what] != after[what]
        ]
    return rows


def _lines(rules: RuleSet, rule: Rule, words: Words) -> dict[str, str]:
    settings, gettext = rules.rules[rule.name], translator(words.lang).gettext
    found = {
        gettext("Runs"): gettext("yes") if settings.on else gettext("no"),
        **{
            words.parameter(each.name): words.setting(each.unit, settings.values[each.name])
            for each in rule.parameters
        },
        gettext("Bands: from, weight"): "; ".join(
            f"{words.setting(rule.unit, band.start)}: {band.weight}" for band in settings.bands
        ),
    }
    if rule.kinds:
        kinds = [words.kind(each) for each in WATCHED if each in settings.kinds]
        found[gettext("Party")] = ", ".join(kinds) or "—"
    return found
