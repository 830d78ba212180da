"""Recipes: a case by its knobs. A trainer changes some of a shipped one.

Rules:

1. A recipe holds no secret: two cases of one recipe differ by their seeds alone.
2. Ranges are drawn from anew in each case, both ends included; weights say how often.
3. What is out of its bounds is refused by name before anything is planned.

>>> recipe("medium").hops
(1, 3)
>>> changed("medium", {"hops": [4, 6]}).hops
(4, 6)
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from sandbox.forensics.cases.errors import CannotPlan
from sandbox.forensics.policies import Policy
from sandbox.kit.dates import FIRST_YEAR, LAST_YEAR

Range = tuple[int, int]
SHIPPED: Final = Path(__file__).with_name("recipes.toml")
COURSES: Final = ("hops", "peel", "mule")
"""How a share of stolen money travels: from wallet to wallet, peeled off, by a person's wallet."""
ENDS: Final = ("exchange", "mixer", "bridge", "gold", "trader", "purchase", "hold")
"""Where it goes in the end: to be cashed, through a mixer, over the bridge, into gold, to a
dealer between persons, to a seller who knows nothing, or nowhere."""
DWELLS: Final[Mapping[str, tuple[int, ...]]] = {
    "quick": (1, 4, 12, 30, 75, 240),
    "mixed": (2, 15, 60, 240, 1200, 3600),
    "patient": (30, 240, 900, 2160, 4320, 8640),
}
"""How long money lies before it is passed on: minutes at each fifth of the law (ours)."""
RANGES: Final[Mapping[str, Range]] = {
    "thefts": (1, 20),
    "stolen_som": (1_000, 50_000_000),
    "fan": (1, 12),
    "hops": (0, 12),
    "peel_permille": (20, 150),
    "peel_length": (2, 50),
}
"""The least and the most of each knob that is a range."""
NUMBERS: Final[Mapping[str, Range]] = {
    "days": (14, 120),
    "transactions": (300, 20_000),
    "people": (40, 2_000),
    "block_seconds": (1, 3_600),
    "life_permille": (0, 1_000),
    "reuse_permille": (0, 1_000),
    "same_address_permille": (0, 1_000),
    "decoys": (0, 60),
    "tagged_permille": (0, 1_000),
    "wrong_tags_permille": (0, 1_000),
}
"""The least and the most of each knob that is a number."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The knobs of a case.

    Attributes:
        name: of the recipe.
        lab: of the curriculum (P0 to P11).
        begins: the first day, of Bishkek.
        days: how long it lasts.
        free: public holidays within it, beside Saturdays and Sundays.
        transactions: about how many in all.
        people: ordinary people with a wallet.
        block_seconds: what is sent within so many seconds of a block's first is in that block.
        thefts: how many.
        stolen_som: what each takes, whole som.
        fan: into how many shares each is split at first.
        hops: how often a share is passed on before it comes to an end.
        peel_permille: which part of a peel chain's rest is peeled off at each step.
        peel_length: how many steps it has.
        dwell: how long money lies: ``quick``, ``mixed`` or ``patient``.
        courses: weights of ``COURSES``.
        ends: weights of ``ENDS``.
        life_permille: of the mules (and of who passes innocent money on), how many use the wallet
            from which they also live.
        reuse_permille: how often a deposit address is used that another share was paid to.
        same_address_permille: how often the bridge and the gold desk pay out to who paid in.
        decoys: innocent sums that travel as the stolen ones do, by the same rules.
        tagged_permille: which part of the services' addresses has a tag.
        wrong_tags_permille: how many tags are wrong, of a thousand.
        policy: by which rule value is located in the expected answer.
    """

    name: str
    lab: str
    begins: date
    days: int
    free: tuple[date, ...]
    transactions: int
    people: int
    block_seconds: int
    thefts: Range
    stolen_som: Range
    fan: Range
    hops: Range
    peel_permille: Range
    peel_length: Range
    dwell: str
    courses: Mapping[str, int]
    ends: Mapping[str, int]
    life_permille: int
    reuse_permille: int
    same_address_permille: int
    decoys: int
    tagged_permille: int
    wrong_tags_permille: int
    policy: str

    def __post_init__(self) -> None:
        for name, (least, most) in NUMBERS.items():
            _within(name, (getattr(self, name),), least, most)
        for name, (least, most) in RANGES.items():
            _range(name, getattr(self, name), least, most)
        for name, known in (("courses", COURSES), ("ends", ENDS)):
            object.__setattr__(self, name, _weights(name, getattr(self, name), known))
        _days("begins", (self.begins,))
        _days("free", self.free)
        if self.dwell not in DWELLS:
            raise CannotPlan("cases.word_unknown", name="dwell", known=", ".join(DWELLS))
        if self.policy not in list(Policy):
            raise CannotPlan("cases.word_unknown", name="policy", known=", ".join(Policy))

    def as_data(self) -> dict[str, Any]:
        """The recipe as JSON values."""
        found = asdict(self)
        found["begins"] = self.begins.isoformat()
        found["free"] = [each.isoformat() for each in self.free]
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in found.items()
        }


def recipe(name: str) -> Recipe:
    """A recipe that is shipped.

    Args:
        name: ``easy``, ``medium`` or ``hard``.

    Raises:
        CannotPlan: ``cases.word_unknown``.
    """
    if name not in _shipped():
        raise CannotPlan("cases.word_unknown", name="recipe", known=", ".join(_shipped()))
    return _shipped()[name]


def changed(name: str, knobs: Mapping[str, Any]) -> Recipe:
    """A shipped recipe with some knobs turned.

    Args:
        name: of the shipped one.
        knobs: as a TOML file gives them: ranges as lists of two, days as dates.

    Raises:
        CannotPlan: ``cases.knob_unknown``, ``cases.knob_out_of_bounds``, ``cases.word_unknown``,
            ``cases.day_malformed``.
    """
    return replace(recipe(name), **_read(knobs))


def read_recipe(path: str | Path) -> Recipe:
    """A trainer's recipe: a TOML file with ``based_on`` and the knobs that differ.

    Args:
        path: of the file.

    Raises:
        CannotPlan: ``cases.not_toml``, and those of ``changed``.
    """
    try:
        knobs = tomllib.loads(Path(path).read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CannotPlan("cases.not_toml", reason=str(error)[:120]) from error
    return changed(str(knobs.pop("based_on", "medium")), knobs)


@cache
def _shipped() -> Mapping[str, Recipe]:
    written = tomllib.loads(SHIPPED.read_text("utf-8"))
    common = written.pop("common")
    return {name: Recipe(**_read({"name": name} | common | own)) for name, own in written.items()}


def _read(knobs: Mapping[str, Any]) -> dict[str, Any]:
    known = {each.name for each in fields(Recipe)}
    for name in knobs:
        if name not in known:
            raise CannotPlan("cases.knob_unknown", name=str(name)[:40])
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in knobs.items()
    }


def _within(name: str, numbers: tuple[Any, ...], least: int, most: int) -> None:
    """Whole numbers within bounds."""
    if not all(type(each) is int and least <= each <= most for each in numbers):
        raise CannotPlan("cases.knob_out_of_bounds", name=name, least=least, most=most)


def _range(name: str, value: Any, least: int, most: int) -> None:
    """Two whole numbers within bounds, the second not less."""
    ends: tuple[Any, ...] = value if isinstance(value, tuple) and len(value) == 2 else (None, None)
    _within(name, ends, least, most)
    _within(name, ends[1:], ends[0], most)


def _weights(name: str, value: Any, known: tuple[str, ...]) -> dict[str, int]:
    """All weights in one order: the same recipe gives the same case, however it was written."""
    if not isinstance(value, Mapping) or set(value) - set(known):
        raise CannotPlan("cases.word_unknown", name=name, known=", ".join(known))
    found = {word: value.get(word, 0) for word in known}
    for word, weight in found.items():
        _within(f"{name}.{word}", (weight,), 0, 1_000)
    if not sum(found.values()):
        raise CannotPlan("cases.knob_out_of_bounds", name=name, least=1, most=1_000)
    return found


def _days(name: str, value: Any) -> None:
    """Days, within the years that the product reckons with."""
    days = value if isinstance(value, tuple) else (None,)
    if not all(type(each) is date and FIRST_YEAR <= each.year < LAST_YEAR for each in days):
        raise CannotPlan("cases.day_malformed", name=name)
