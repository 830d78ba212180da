"""Graduated limits: steps by which a permit's limits rise after a time with a clean record.

Rules:

1. A step names days, a whole factor and limits. Steps are taken in order; the first is the next.
2. A step is never taken by itself: it is proposed to people, who vary the conditions by it.
3. Taken, its limits are multiplied by its factor and it is gone from the conditions; a limit that
   is not set stays so.
4. The days run from the beginning of the term or from when these steps came into force, whichever
   is later: a step that was taken begins the days of the next.

People write one step a line:

>>> steps = read_steps("30 2 per_transaction outstanding_cap")
>>> steps[0].days, steps[0].factor, write_steps(steps)
(30, 2, '30 2 per_transaction outstanding_cap')

Source: firms in real sandboxes complain of limits so strict that few take part; limits that rise
with a clean record are the answer of the facts gathered for this product (to be confirmed).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput
from sandbox.kit.money import NO_LIMIT

MOST_STEPS: Final = 5
MOST_DAYS: Final = 730
MOST_FACTOR: Final = 10
RISING: Final = (
    "per_transaction",
    "window_volume",
    "customer_cap",
    "merchant_cap",
    "outstanding_cap",
    "week_volume",
    "month_volume",
    "customer_day_volume",
    "customer_total",
    "max_customers",
    "max_merchants",
)
"""Limits that a step may raise. What the desk watches and the technical limits never rise so."""


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        days: with a clean record before it may be taken.
        factor: by which its limits are multiplied, 2 to 10.
        limits: names of :data:`RISING`, each once; value limits are meant of every asset.
    """

    days: int
    factor: int
    limits: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"days": str(self.days), "factor": str(self.factor), "limits": list(self.limits)}


def steps_from_json(data: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    """Read the JSON form again.

    Raises:
        InvalidInput: ``terms.steps_malformed``.
    """
    return checked(
        tuple(
            Step(int(each["days"]), int(each["factor"]), tuple(map(str, each["limits"])))
            for each in data
        )
    )


def read_steps(text: str) -> tuple[Step, ...]:
    """Read what a person wrote: one step a line, or parted by semicolons.

    Args:
        text: empty or "no limit" for none.

    Raises:
        InvalidInput: ``terms.steps_malformed``.
    """
    if not text.strip() or text.strip().lower() == NO_LIMIT.value:
        return ()
    found = []
    for line in filter(None, map(str.strip, re.split(r"[;\n]", text))):
        days, *rest = re.split(r"[\s,]+", line)
        if len(rest) < 2 or not (is_digits(days) and is_digits(rest[0])) or len(line) > 400:
            raise InvalidInput("terms.steps_malformed", what=line[:60])
        found.append(Step(int(days[:9]), int(rest[0][:9]), tuple(rest[1:])))
    return checked(tuple(found))


def write_steps(steps: Sequence[Step]) -> str:
    """The text that would give these steps."""
    if not steps:
        return NO_LIMIT.value
    return "\n".join(f"{each.days} {each.factor} {' '.join(each.limits)}" for each in steps)


def checked(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Refuse steps outside their ranges, with an unknown limit or one named twice.

    Raises:
        InvalidInput: ``terms.steps_malformed``.
    """
    if len(steps) > MOST_STEPS:
        raise InvalidInput("terms.steps_malformed", what=str(len(steps)))
    for each in steps:
        known = set(each.limits) <= set(RISING) and len(set(each.limits)) == len(each.limits)
        inside = 1 <= each.days <= MOST_DAYS and 2 <= each.factor <= MOST_FACTOR
        if not (known and inside and each.limits):
            raise InvalidInput("terms.steps_malformed", what=write_steps([each])[:60])
    return steps
