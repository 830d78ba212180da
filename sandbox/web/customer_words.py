"""The words of the customer's page and of complaints: simple, the same in every place."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from babel import numbers

from sandbox.domain.customer_page import CustomerAct
from sandbox.kit.ids import AssetCode
from sandbox.kit.money import DECIMALS
from sandbox.locale import forms, has_wording, translator, wording
from sandbox.locale.catalogue import N_, Language

NAMES: Final[Mapping[str, str]] = {
    "act_asked": N_("No answer yet"),
    "act_sent": N_("Under way"),
    "act_done": N_("Done"),
    "act_refused": N_("Not done"),
    "issued": N_("Money given to you"),
    "redeemed": N_("Money taken home"),
    "paid": N_("Paid"),
    "received": N_("Received"),
    "open": N_("Waits for the firm's answer"),
    "answered": N_("Answered"),
    "escalated": N_("With the regulator"),
    "closed": N_("Closed"),
    "about_payment": N_("A payment"),
    "about_redemption": N_("Taking money home"),
    "about_conduct": N_("How I was treated or informed"),
    "about_privacy": N_("My personal data"),
    "about_other": N_("Something else"),
    "overdue": N_("not answered in time"),
    "not_satisfied": N_("the complainant is not satisfied"),
    "no_permit": N_("names no permit"),
    "upheld": N_("The complaint is right"),
    "partly_upheld": N_("The complaint is partly right"),
    "not_upheld": N_("The complaint is not right"),
    "firm": N_("the firm"),
    "sponsor": N_("the sponsor"),
}
TONES: Final[Mapping[str, str]] = {
    "act_done": "good",
    "act_refused": "bad",
    "act_sent": "accent",
    "act_asked": "warn",
    "open": "accent",
    "answered": "accent",
    "escalated": "warn",
    "closed": "good",
}
CATEGORIES: Final = (
    "about_payment",
    "about_redemption",
    "about_conduct",
    "about_privacy",
    "about_other",
)


def own_name(lang: Language, value: str) -> str:
    """A value of the customer's page or of a complaint in words."""
    return translator(lang).gettext(NAMES[value]) if value in NAMES else value


def own_tone(value: str) -> str:
    """The tone of a badge."""
    return TONES.get(value, "")


def som(lang: Language, value: int | str, asset: str) -> str:
    """Money as people of the test call it: som, in the language's form.

    Both national assets are worth one som a whole unit.

    >>> som("ru", 125 * 10**16, "KGST").replace(chr(160), " ")
    '1,25 сом'
    """
    code: AssetCode = "SOM" if asset == "SOM" else "KGST"
    return f"{forms.amount(int(value), code, lang)}\u00a0{forms.SYMBOLS['SOM'][lang]}"


def som_near(lang: Language, value: int | str, asset: str) -> str:
    """The same to the tyiyn, marked where that is not the whole of it.

    >>> som_near("en", 10**18 + 1, "KGST").replace(chr(160), " ")
    '≈ 1.00 som'
    >>> som_near("en", 10**18, "KGST").replace(chr(160), " ")
    '1.00 som'
    """
    tyiyn = 10 ** (DECIMALS["SOM" if asset == "SOM" else "KGST"] - 2)
    near = (int(value) + tyiyn // 2) // tyiyn * tyiyn
    mark = "" if near == int(value) else "≈\u00a0"
    return f"{mark}{som(lang, near, asset)}"


def tenths(lang: Language, value: int | None) -> str:
    """A rate in tenths; a dash where there is none.

    >>> tenths("ru", 1505), tenths("en", None)
    ('150,5', '—')
    """
    if value is None:
        return "—"
    figure = Decimal(value) / 10
    return str(numbers.format_decimal(figure, format="#,##0.0", locale=lang))


def refused_text(lang: Language, act: CustomerAct) -> str:
    """Why an act was not done, in plain words: which limit, how much is left, when it frees."""
    refusal: Mapping[str, Any] = act.refusal or {}
    clause = str(refusal.get("clause", ""))
    params = {name: value for name, value in refusal.items() if name != "code"}
    for name in ("limit", "used", "requested"):
        if str(params.get(name, "")).isdecimal():
            params[name] = som(lang, params[name], act.asset)
    for code in (f"customer_refused.{clause}", str(refusal.get("code", ""))):
        if has_wording(code):
            return wording(code, params, lang)
    return wording("customer_refused.other", params, lang)
