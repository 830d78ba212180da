"""The pack of 27 rules over ledgers on the desk: in words, drafted, tried, confirmed by a second.

Rules: as ``sandbox.web.supervision``, whose helpers it shares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.alerts.rule import Unit
from sandbox.domain.seats import Right
from sandbox.domain.sight import sight_of
from sandbox.domain.supervision import Setting, SettingKind, SettingState
from sandbox.forensics.rules import Pack
from sandbox.forensics.rules.pack import Parameter
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import SynakError
from sandbox.locale.catalogue import Language
from sandbox.services import alert_pack_ledger, supervision
from sandbox.services.alert_pack_watch import watched_up_to
from sandbox.services.alert_watch import ASSETS
from sandbox.services.supervision import Confirm, Draft, require_sees_alerts
from sandbox.web.alert_words import Words as AlertWords
from sandbox.web.pack_words import Words
from sandbox.web.pages import Problem, page
from sandbox.web.review import act
from sandbox.web.supervision import open_draft, read_number
from sandbox.web.visit import Poster, Reader, Visit
from sandbox.web.words import asset_name

router = APIRouter(include_in_schema=False)
HOME: Final = "/desk/cohort/pack"


@router.get("/desk/cohort/pack")
def show_pack(visit: Reader) -> Response:
    """The pack in force in words, and every version."""
    require_sees_alerts(visit.known)
    with visit.parts.store.unit(read_only=True) as u:
        pack = supervision.pack_in_force(u, visit.at)
        versions = supervision.versions(u, visit.known, SettingKind.PACK)
        watched = watched_up_to(u)
    return page(
        visit,
        "alert_pack.html",
        packs=Words(visit.lang),
        pack=pack,
        shipped=Pack.shipped(),
        versions=versions,
        watched=[(asset_name(visit.lang, ASSETS[chain]), each) for chain, each in watched.items()],
        most=alert_pack_ledger.MOST,
        draft=open_draft(versions),
        sets=visit.has(Right.SET_SUPERVISION),
    )


@router.get("/desk/cohort/pack/draft")
def draft_form(visit: Reader) -> Response:
    """The form for another pack, filled with the one in force."""
    return _draft_form(visit)


def _draft_form(visit: Visit, problem: Problem | None = None) -> HTMLResponse:
    require_sees_alerts(visit.known)
    with visit.parts.store.unit(read_only=True) as u:
        pack = supervision.pack_in_force(u, visit.at)
    return page(
        visit,
        "alert_pack_form.html",
        status=problem.error.status if problem else 200,
        packs=Words(visit.lang),
        pack=pack,
        problem=problem,
    )


@router.post("/desk/cohort/pack")
def draft_pack(visit: Poster) -> Response:
    """Draft another pack."""
    require_sees_alerts(visit.known)

    def work(u: Any) -> Setting:
        now = supervision.pack_in_force(u, visit.at)
        values, thresholds = read_pack(visit.form, now, visit.lang)
        body = supervision.next_pack(u, values, thresholds, visit.at)
        command = Draft(SettingKind.PACK, body, visit.form.get("reasons", ""), visit.key)
        return supervision.draft(u, visit.known, command, at=visit.at)

    return act(
        visit,
        work,
        then=lambda setting: f"{HOME}/{setting.id}?said=saved",
        again=lambda error: _draft_form(visit, Problem(error, "draft")),
    )


@router.get("/desk/cohort/pack/{setting}")
def show_version(visit: Reader, setting: str) -> Response:
    """One version: what it changes, its dry run, the second signature."""
    return _version(visit, setting)


def _version(visit: Visit, setting_id: str, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        setting = supervision.find_setting(u, visit.known, setting_id, SettingKind.PACK)
        now = supervision.pack_in_force(u, visit.at)
        history = u.supervision_record.of_subject(setting.id)
        every = u.listing.sees_every(sight_of(visit.known))
    packs, pack = Words(visit.lang), Pack.read(setting.body)
    return page(
        visit,
        "alert_pack_version.html",
        status=problem.error.status if problem else 200,
        packs=packs,
        alerts=AlertWords(visit.lang),
        setting=setting,
        pack=pack,
        changes=packs.changes(now, pack),
        compared=now.version,
        trial={**(setting.trial or {"state": ""}), **({} if every else {"alerts": []})},
        trial_days=supervision.TRIAL_DAYS,
        most_analysts=supervision.MOST_ANALYSTS,
        history=history,
        open=setting.state is SettingState.DRAFT,
        second=setting.author_person != visit.known.person,
        sets=visit.has(Right.SET_SUPERVISION),
        problem=problem,
    )


@router.post("/desk/cohort/pack/{setting}/trial")
def order_trial(visit: Poster, setting: str) -> Response:
    """Order a dry run."""
    days, analysts = (_small(visit.form.get(each, "")) for each in ("days", "analysts"))
    return _on_setting(
        visit,
        setting,
        "trial",
        lambda u: supervision.order_trial(
            u, visit.known, setting, days, at=visit.at, analysts=analysts
        ),
    )


def _small(text: str) -> int:
    """A number below 100,000; 0, which nothing takes, for anything else."""
    return int(text) if is_digits(text) and len(text) < 6 else 0


@router.post("/desk/cohort/pack/{setting}/confirm")
def confirm_pack(visit: Poster, setting: str) -> Response:
    """Confirm as the second person."""
    command = Confirm(setting, visit.key)
    return _on_setting(
        visit,
        setting,
        "confirm",
        lambda u: supervision.confirm(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/cohort/pack/{setting}/withdraw")
def withdraw_pack(visit: Poster, setting: str) -> Response:
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

    def again(error: SynakError) -> Response:
        return _version(visit, setting, Problem(error, form))

    return act(visit, work, then=f"{HOME}/{setting[:20]}?said=saved", again=again)


def read_pack(
    form: Mapping[str, str], pack: Pack, lang: Language
) -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
    """The form's fields: values of parameters, and thresholds by typology; not yet checked.

    Args:
        form: ``R01.n``, ``threshold``, and ``typology.<name>.alert`` or ``.interdict``.
        pack: whose parameters and typologies there are.
        lang: whose form of numbers.

    Raises:
        InvalidInput: ``alert_rules.not_a_number``, ``amount.*``.
    """

    def read(field: str, each: Parameter) -> int:
        return read_number(form, field, Unit.TYIYN if each.unit == "tyiyn" else Unit.COUNT, lang)

    values = {name: read(name, each) for name, each in pack.parameters.items()}
    for name, rule in pack.rules.items():
        for key, each in rule.parameters.items():
            values[f"{name}.{key}"] = read(f"{name}.{key}", each)
    thresholds = {
        name: (
            read_number(form, f"typology.{name}.alert", Unit.COUNT, lang),
            read_number(form, f"typology.{name}.interdict", Unit.COUNT, lang),
        )
        for name in pack.typologies
    }
    return values, thresholds
