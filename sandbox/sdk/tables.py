"""What a trial has used and what was refused, as tables people can read.

Rules: every text that came from outside is escaped in a notebook; numbers are
shown in whole tokens, exactly.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.kit.ids import AssetCode
from sandbox.kit.money import DECIMALS, NO_LIMIT, Limit, format_amount, limit_from_json
from sandbox.locale.catalogue import Language
from sandbox.sdk.amounts import spoken
from sandbox.sdk.errors import PermitRefused


@dataclass(frozen=True)
class UsageLine:
    """One limit and what is used of it.

    Attributes:
        clause: the limit's name.
        asset: whose minor units the numbers are; ``None`` for counts.
        limit: what is allowed.
        used: what is used; ``None`` where each transaction stands alone.
        frees_at: from when room frees, where it does.
        decimals: places of a count that is not a whole one: hundredths of an hour.
    """

    clause: str
    asset: AssetCode | None
    limit: Limit
    used: int | None
    frees_at: datetime | None
    decimals: int = 0

    @property
    def room(self) -> Limit:
        """What is left."""
        if self.limit is NO_LIMIT or not isinstance(self.limit, int):
            return NO_LIMIT
        return max(0, self.limit - (self.used or 0))

    def shown(self, value: Limit | None) -> str:
        """A number of this line for a person."""
        if value is None:
            return "–"
        if not isinstance(value, int):
            return str(value.value)
        return spoken(value, self.asset) if self.asset else format_amount(value, self.decimals)


class Usage(Sequence[UsageLine]):
    """A permit's limits and what is used of each.

    Args:
        said: what the desk answered.
    """

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.permit = str(said["permit"])
        self.as_of = datetime.fromisoformat(str(said["as_of"]))
        self.version = int(said["version"])
        self.incomplete: tuple[str, ...] = tuple(said.get("incomplete") or ())
        self.lines = [_line(each) for each in said["limits"]]

    def __getitem__(self, index: Any) -> Any:
        """A line by place, or by clause: ``usage["window_volume"]``."""
        if isinstance(index, str):
            for line in self.lines:
                if line.clause == index:
                    return line
            raise KeyError(index)
        return self.lines[index]

    def __iter__(self) -> Iterator[UsageLine]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    def __repr__(self) -> str:
        title = f"{self.permit}, version {self.version}, as of {self.as_of:%Y-%m-%d %H:%M:%S} UTC"
        body = table_text(("clause", "used", "limit", "room"), self._rows(), numbers=3)
        return f"{title}\n{body}"

    def _repr_html_(self) -> str:
        return f"<p><b>{html.escape(self.permit)}</b>, version {self.version}</p>" + table_html(
            ("clause", "used", "limit", "room"), self._rows()
        )

    def _rows(self) -> list[tuple[str, str, str, str]]:
        return [
            (each.clause, each.shown(each.used), each.shown(each.limit), each.shown(each.room))
            for each in self.lines
        ]


class Refusals(list[PermitRefused]):
    """What was refused, oldest first; the evidence itself is the gateway's and the chain's.

    Args:
        said: what the desk answered.
        language: the language of the reasons.
    """

    def __init__(self, said: Sequence[Mapping[str, Any]], *, language: Language = "en") -> None:
        super().__init__(
            PermitRefused({k: v for k, v in each.items() if k != "wording"}, language=language)
            for each in said
        )
        self.last = max((int(each["seq"]) for each in said), default=0)

    def __repr__(self) -> str:
        return "\n".join(" | ".join(row) for row in self._rows()) or "nothing was refused"

    def _repr_html_(self) -> str:
        return table_html(("when", "clause", "why"), self._rows())

    def _rows(self) -> list[tuple[str, str, str]]:
        return [(str(each.params.get("at", "")), each.clause, str(each)) for each in self]


def _line(said: Mapping[str, Any]) -> UsageLine:
    asset = said.get("asset")
    known = next((code for code in DECIMALS if code == asset), None)
    frees = said.get("frees_at")
    used = said.get("used")
    return UsageLine(
        clause=str(said["clause"]),
        asset=known,
        limit=limit_from_json(said["limit"]),
        used=None if used is None else int(used),
        frees_at=datetime.fromisoformat(str(frees)) if frees else None,
        decimals=0 if known else int(said.get("decimals") or 0),
    )


def table_html(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table for a notebook; every cell is escaped.

    Args:
        head: the columns' names.
        rows: their cells.
    """

    def row(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells) + "</tr>"

    return f"<table>{row(head, 'th')}{''.join(row(each, 'td') for each in rows)}</table>"


def table_text(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: int | None = None
) -> str:
    """A table for a terminal.

    Args:
        head: the columns' names.
        rows: their cells.
        numbers: how many columns at the end are numbers and stand to the right; none by default.
    """
    listed = [head, *rows]
    widths = [max(len(row[column]) for row in listed) for column in range(len(head))]
    left = len(head) - (numbers or 0)
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in listed
    )
