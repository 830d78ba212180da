"""An annex: a table of the exhibit, or the hash of what is no table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sandbox.forensics.asset import Asset
from sandbox.forensics.exhibits.custody import item
from sandbox.forensics.exhibits.exhibit import Exhibit
from sandbox.forensics.reports.method_words import MethodWords
from sandbox.locale import Translator
from sandbox.locale.catalogue import N_
from sandbox.paper.blocks import Block, Grid, Heading, NewPage, Text

MOST: Final = 200
"""Rows that are printed; the file has all of them."""
COLUMNS: Final = 8
"""Columns of a table that is printed; of a wider one the hash is."""
_PLACE: Final = ("block", "transaction", "log")
HOPS: Final = {
    "payer": N_("Payer"),
    "payee": N_("Payee"),
    "tainted": N_("Traced value"),
    "hop": N_("Hop"),
    "stop": N_("Stopped by"),
}
"""The columns of a hop ledger that are printed beside the place; amount, time, hash are in the
file."""
ACCOUNTS: Final = {
    "account": N_("Account (address)"),
    "tag": N_("Service tag"),
    "held": N_("Still held"),
    "stopped": N_("Not followed further"),
    "stop": N_("Stopped by"),
}
STOPS: Final = {
    "service": N_("service"),
    "dust": N_("dust"),
    "hops": N_("hops"),
    "time": N_("end of time"),
    "amount": N_("enough found"),
}


def annex(
    title: str, name: str, exhibit: Exhibit, asset: Asset, words: Translator
) -> Iterator[Block]:
    """An annex on a page of its own.

    Args:
        title: with its number.
        name: of a file of the exhibit; one that is not there is named as missing.
        exhibit: of which it is.
        asset: in what amounts are written.
        words: the reader's.
    """
    _ = words.gettext
    yield NewPage()
    yield Heading(title)
    content = exhibit.files.get(name)
    if content is None:
        yield Text(f"{name}: —")
        return
    yield Text(f"{name} · SHA-256 {item(name, content).sha256}", small=True)
    rows = _rows(content) if name.endswith(".csv") else []
    if rows:
        traced = {each.removesuffix(".json") for each in exhibit.traces}
        shown = HOPS if name.removesuffix(".csv") in traced else None
        shown = ACCOUNTS if name.removesuffix("-accounts.csv") in traced else shown
        yield _traced(rows, shown, MethodWords(asset, words), words) if shown else _plain(rows)
    if len(rows) > MOST:
        said = _("Printed: the first %(count)s of %(all)s rows.")
        yield Text(said % {"count": MOST, "all": len(rows)}, small=True)


def _rows(content: bytes) -> list[dict[str, str]]:
    """The rows of a table that fits on a page; none where it is no such table."""
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8")), restval=""))
    except (UnicodeDecodeError, csv.Error):
        return []
    return rows if rows and len(rows[0]) <= COLUMNS and None not in rows[0] else []


def _traced(
    rows: Sequence[Mapping[str, str]],
    shown: Mapping[str, str],
    method: MethodWords,
    words: Translator,
) -> Block:
    """A hop ledger or its accounts; ``Exhibit.verify`` has found them as they were made."""
    _, place = words.gettext, shown is HOPS
    head = [_(label) for label in shown.values()]
    body = [[_cell(name, row[name], method, words) for name in shown] for row in rows[:MOST]]
    if place:
        head.insert(0, _("Block / transaction / log"))
        for cells, row in zip(body, rows, strict=False):
            cells.insert(0, " / ".join(row[each] for each in _PLACE))
    widths = (0.13, 0.25, 0.25, 0.2, 0.06, 0.11) if place else (0.33, 0.13, 0.2, 0.2, 0.14)
    return Grid(tuple(head), tuple(map(tuple, body)), widths)


def _cell(name: str, value: str, method: MethodWords, words: Translator) -> str:
    if name in {"tainted", "held", "stopped"}:
        return method.amount(value)
    if name == "stop":
        return ", ".join(words.gettext(STOPS[each]) for each in value.split("+") if each)
    return value


def _plain(rows: Sequence[Mapping[str, str]]) -> Block:
    names = tuple(rows[0])
    body = tuple(tuple(row[each] for each in names) for row in rows[:MOST])
    return Grid(names, body, (1 / len(names),) * len(names))
