"""Names of a case's people: invented, in Kyrgyz, Russian and Latin letters.

Rule: a name is given to nobody twice while there are others (832 pairs), then a second person
of that name comes, as in life.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

from sandbox.forensics.cases.chance import Chance
from sandbox.forensics.cases.scene import Person

WRITTEN: Final = Path(__file__).with_name("names.toml")
Name = dict[str, str]
"""By language: ``ky``, ``ru``, ``en``."""


def named(chance: Chance, people: list[Person]) -> dict[str, Name]:
    """The name of each owner.

    Args:
        chance: of names.
        people: all of a case.
    """
    names = chance.shuffled(_pairs())
    return {each.owner: names[each.number % len(names)] for each in people}


@cache
def _pairs() -> list[Name]:
    written = _written()
    return [
        _name(given, family, ending)
        for given_names, ending in ((written["men"], ("", "")), (written["women"], ("а", "a")))
        for given in given_names
        for family in written["families"]
    ]


def _name(given: list[str], family: list[str], ending: tuple[str, str]) -> Name:
    """Family name first in Kyrgyz and Russian papers, last in English."""
    cyrillic, latin = ending
    return {
        "ky": f"{family[0]}{cyrillic} {given[0]}",
        "ru": f"{family[1]}{cyrillic} {given[1]}",
        "en": f"{given[2]} {family[2]}{latin}",
    }


@cache
def _written() -> dict[str, Any]:
    return tomllib.loads(WRITTEN.read_text("utf-8"))
