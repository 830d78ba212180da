"""Numbers, money and time in each language's form.

Rules: stored time is UTC, shown time is Asia/Bishkek and says so where it
matters; money is never rounded: every minor unit that is not zero is shown.

>>> money(5_000_010_000_000_000_000_000, "KGST", "ru").replace(chr(160), " ")
'5 000,01 KGST'
>>> money(500_000, "SOM", "en").replace(chr(160), " ")
'5,000.00 som'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Context, Decimal, localcontext
from functools import lru_cache
from typing import Final

from babel import dates, numbers

from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AssetCode
from sandbox.kit.money import DECIMALS, format_amount, parse_amount
from sandbox.locale.catalogue import Language
from sandbox.locale.states import state_text

ZONE: Final = dates.get_timezone("Asia/Bishkek")
EXACT: Final = Context(prec=160)
"""Enough digits for any 256-bit number with its places: the usual 28 make Babel fail."""
SYMBOLS: Final[dict[AssetCode, dict[Language, str]]] = {
    "SOM": {"ky": "сом", "ru": "сом", "en": "som"},
}


@lru_cache(maxsize=16_384)
def number(value: int, lang: Language) -> str:
    """A whole number with its groups, however large."""
    with localcontext(EXACT):
        return str(numbers.format_decimal(value, format="#,##0", locale=lang))


def count(value: int, decimals: int, lang: Language) -> str:
    """A number of so many parts, ``1,25`` hours; a whole one without places."""
    if not decimals:
        return number(value, lang)
    with localcontext(EXACT):
        text = Decimal(value).scaleb(-decimals)
        return str(numbers.format_decimal(text, format=f"#,##0.{'#' * decimals}", locale=lang))


def decimal(value: Decimal, lang: Language) -> str:
    """A number as it stands, with the language's decimal sign and no groups.

    >>> decimal(Decimal("1E+2"), "en"), decimal(Decimal("0.50"), "ky")
    ('100', '0,50')
    """
    plain = f"{value:f}"
    return plain if lang == "en" else plain.replace(".", ",")


def rounded(value: float) -> Decimal:
    """Points as pages and files have them: two places at most, none that is empty.

    >>> str(rounded(2.5)), str(rounded(100.0)), str(rounded(0.1 + 0.2))
    ('2.5', '100', '0.3')
    """
    return Decimal(f"{value:.2f}".rstrip("0").rstrip("."))


def points(value: float, lang: Language) -> str:
    """A mark, or points, in the language's form.

    >>> points(2.5, "ru"), points(2.5, "en"), points(4.0, "ky")
    ('2,5', '2.5', '4')
    """
    return decimal(rounded(value), lang)


@lru_cache(maxsize=16_384)
def amount(value: int, asset: AssetCode, lang: Language) -> str:
    """Minor units as a grouped decimal number, exact, at least two places, without the unit."""
    text = format_amount(value, DECIMALS[asset])
    places = len(text.partition(".")[2])
    form = f"#,##0.{'0' * places}"
    with localcontext(EXACT):
        return str(
            numbers.format_decimal(
                Decimal(text), format=form, locale=lang, decimal_quantization=False
            )
        )


def money(value: int, asset: AssetCode, lang: Language) -> str:
    """Minor units with the asset's sign.

    Args:
        value: minor units.
        asset: which money.
        lang: whose form.
    """
    sign = SYMBOLS.get(asset, {}).get(lang, asset)
    return f"{amount(value, asset, lang)}\u00a0{sign}"


def megabytes(value: int, lang: Language) -> str:
    """A size in bytes, in megabytes with one place, never rounded down to a limit it is above.

    >>> megabytes(30 * 2**20, "ru").replace(chr(160), " "), megabytes(4 * 2**20 + 1, "en")[:3]
    ('30 МБ', '4.1')
    """
    tenths = Decimal(-(-value * 10 // 2**20)).scaleb(-1)
    unit = "MB" if lang == "en" else "МБ"
    return f"{decimal(rounded(float(tenths)), lang)}\u00a0{unit}"


def read_amount(text: str, asset: AssetCode, lang: Language) -> int:
    """Read an amount as people of a language write it.

    Args:
        text: ``5 000,01`` in Kyrgyz and Russian, ``5,000.01`` in English; a
            point is taken in every language.
        asset: which money.
        lang: whose form.

    Raises:
        InvalidInput: as ``kit.money.parse_amount``.
    """
    compact = text.strip()
    if lang == "en":
        head, point, tail = compact.partition(".")
        groups = head.split(",")
        if len(groups) > 1 and (len(groups[0]) > 3 or any(len(group) != 3 for group in groups[1:])):
            raise InvalidInput("amount.malformed", text=compact[:80])
        compact = "".join(groups) + point + tail
    elif compact.count(",") == 1 and "." not in compact:
        compact = compact.replace(",", ".")
    return parse_amount(compact, DECIMALS[asset])


def when(at: datetime, lang: Language) -> str:
    """A moment, to the minute, in Bishkek time."""
    local = at.astimezone(ZONE)
    return f"{day(local.date(), lang)}, {local:%H:%M}"


def clock(at: datetime, lang: Language) -> str:
    """The time of a day, to the second, in Bishkek time; the same in each language."""
    del lang
    return f"{at.astimezone(ZONE):%H:%M:%S}"


def day(at: date, lang: Language) -> str:
    """A day, written out: ``2026-ж. 21-ноябрь``, ``21 ноября 2026 г.``, ``21 November 2026``."""
    return _day(at.astimezone(ZONE).date() if isinstance(at, datetime) else at, lang)


@lru_cache(maxsize=4096)
def _day(at: date, lang: Language) -> str:
    if lang == "ky":
        month = str(dates.format_date(at, "MMMM", locale="ky")).lower()
        return f"{at.year}-ж. {at.day}-{month}"
    if lang == "en":
        return str(dates.format_date(at, "d MMMM y", locale="en"))
    return str(dates.format_date(at, "long", locale=lang))


def _moment(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, int) or is_digits(str(value)):
        return datetime.fromtimestamp(int(str(value)), tz=ZONE)
    return datetime.fromisoformat(str(value))


def _asset(params: Mapping[str, object]) -> AssetCode:
    asset = str(params.get("asset", "KGST"))
    for known in DECIMALS:
        if known == asset:
            return known
    return "KGST"


Form = Callable[[object, Mapping[str, object], Language], str]
FORMS: Final[dict[str, Form]] = {
    "text": lambda value, _params, _lang: (
        ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    ),
    "amount": lambda value, params, lang: money(int(str(value)), _asset(params), lang),
    "number": lambda value, _params, lang: number(int(str(value)), lang),
    "points": lambda value, _params, lang: points(float(str(value)), lang),
    "megabytes": lambda value, _params, lang: megabytes(int(str(value)), lang),
    "time": lambda value, _params, lang: when(_moment(value), lang),
    "state": lambda value, _params, lang: state_text(str(value), lang),
}
"""How ``{parameter|form}`` of a wording is written."""
