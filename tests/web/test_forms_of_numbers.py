"""Money, numbers and dates as each language writes and reads them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sandbox.kit.errors import InvalidInput
from sandbox.locale import forms
from sandbox.web.limits import plain
from sandbox.web.usage_lines import percent, share
from sandbox.web.words import limit_text, typed_value

MINUTE = datetime(2026, 11, 21, 18, 5, tzinfo=UTC)


def spaced(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
@pytest.mark.parametrize("value", [10**27, 10**28, 10**28 + 1, 2**256 - 1])
def test_no_number_is_too_large_to_be_shown_exactly(lang: str, value: int) -> None:
    shown = forms.number(value, lang)
    assert "".join(each for each in shown if each.isdigit()) == str(value)
    assert "".join(c for c in forms.amount(value, "KGST", lang) if c.isdigit()).rstrip("0") == str(
        value
    ).rstrip("0")


@pytest.mark.parametrize(
    ("lang", "expected"),
    [("ky", "5 000,01 KGST"), ("ru", "5 000,01 KGST"), ("en", "5,000.01 KGST")],
)
def test_money_is_grouped_and_exact(lang: str, expected: str) -> None:
    assert spaced(forms.money(500_001 * 10**16, "KGST", lang)) == expected


def test_the_smallest_unit_is_never_rounded_away() -> None:
    assert spaced(forms.money(10**18 + 1, "KGST", "en")) == "1.000000000000000001 KGST"


@pytest.mark.parametrize(
    ("lang", "text", "minor"),
    [
        ("ru", "5 000,01", 500_001),
        ("ky", "5\u00a0000,01", 500_001),
        ("en", "5,000.01", 500_001),
        ("en", "5000.01", 500_001),
        ("ru", "5000.01", 500_001),
        ("ru", "5,5", 550),
    ],
)
def test_amounts_are_read_as_the_language_writes_them(lang: str, text: str, minor: int) -> None:
    assert forms.read_amount(text, "SOM", lang) == minor


@pytest.mark.parametrize(
    ("lang", "text"),
    [("en", "5,00"), ("en", "1,2345"), ("ru", "5,00,00"), ("ru", "-5"), ("en", "5e3"), ("ky", "")],
)
def test_other_amounts_are_refused(lang: str, text: str) -> None:
    with pytest.raises(InvalidInput):
        forms.read_amount(text, "SOM", lang)


def test_time_is_shown_in_bishkek() -> None:
    assert forms.when(MINUTE, "ru") == "22 ноября 2026 г., 00:05".replace("2026 г.", "2026\u202fг.")
    assert forms.when(MINUTE, "ky") == "2026-ж. 22-ноябрь, 00:05"
    assert forms.when(MINUTE, "en") == "22 November 2026, 00:05"


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
def test_a_shown_limit_can_be_typed_back(lang: str) -> None:
    for field, kept in (
        ("KGST.per_transaction", "5000.01"),
        ("KGST.window_volume", "500000.00"),
        ("max_customers", "1200"),
        ("KGST.outstanding_cap", "no limit"),
    ):
        shown = typed_value(lang, kept, field)
        assert plain(lang, {field: shown})[field] == kept


def test_zero_is_zero_and_no_limit_is_a_word() -> None:
    assert limit_text("en", "max_customers", "0") == "0\u00a0persons"
    assert limit_text("en", "max_customers", "no limit") == "no limit"


@pytest.mark.parametrize(
    ("used", "limit", "expected"),
    [
        ("0", "10", "0 %"),
        ("2200", "500000", "< 1 %"),
        ("48", "1000", "4.8 %"),
        ("10", "1000", "1 %"),
        ("99999", "100000", "99.9 %"),
        ("12", "10", "100 %"),
        ("0", "0", "100 %"),
    ],
)
def test_a_bar_is_full_only_when_the_limit_is_reached(used: str, limit: str, expected: str) -> None:
    assert percent("en", share(used, limit)).replace("\u00a0", " ") == expected


def test_there_is_no_bar_without_a_limit_or_a_figure() -> None:
    assert share("5", "no limit") is None
    assert share(None, "5") is None


def test_a_number_of_many_digits_keeps_all_of_them():
    value = int("1234567890" * 4)
    assert forms.count(value, 18, "en").replace(",", "").replace(".", "") == str(value).rstrip("0")
    assert forms.count(value, 18, "ru").endswith(",34567890123456789")
