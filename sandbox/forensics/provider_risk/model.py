"""Models of provider risk: which indicators count, how much, and where the tiers begin.

Rules:

1. A model is data (JSON, ``model.schema.json``): four axes, four tiers each with its measure, and
   the indicators with titles in three languages, a weight and bands.
2. Which indicators there are, their axis, where they come from and their unit belongs to the
   software: a model repeats it, and one that says otherwise is refused.
3. Weights are percent and sum to 100; none is 0.
4. Bands give 0 to 100 points to a value; more is worse. The first begins at 0; they grow in both.
   The unit ``share`` is in hundredths of a percent (0 to 10,000), ``count`` in whole numbers,
   ``level`` is the number of one of the ``levels``, each of which has a band.
5. Tiers begin at 0 and grow. As shipped: 25, 50, 75 of 100.
6. A model's hash is SHA-256 of its canonical form (RFC 8785). The shipped version's number with
   another content is refused.

Source: business model, client mix, types of operations and quality of compliance are the four
published axes of the supervisor's rating, and its tiers are four; indicators, weights, bands and
cut-offs are ours: the supervisor's are not public.

>>> model = Model.shipped()
>>> model.version, [(each.id, each.start, each.measure) for each in model.tiers][1]
(1, ('medium', 25, 'enhanced'))
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from sandbox.forensics.provider_risk.errors import CannotRate
from sandbox.kit.canonical import content_hash
from sandbox.kit.strict_json import read_object

HERE: Final = Path(__file__).parent
LANGUAGES: Final = ("en", "ru", "ky")
AXES: Final = ("business_model", "client_mix", "operations", "compliance")
TIERS: Final = ("low", "medium", "high", "critical")
MEASURES: Final = ("standard", "enhanced", "limits", "stop")
WHOLE: Final = 10_000
"""A share of everything, in hundredths of a percent."""
_OPENINGS: Final = 1_000
_LONGEST: Final = 300
_MOST_BANDS: Final = 8
_LARGEST: Final = 10**9

Titles = Mapping[str, str]


@dataclass(frozen=True)
class Tier:
    """One of four tiers.

    Attributes:
        id: ``low``, ``medium``, ``high`` or ``critical``.
        start: points from which it begins.
        measure: what is proposed.
        titles: of the tier, by language.
        measure_titles: of the measure, by language.
    """

    id: str
    start: int
    measure: str
    titles: Titles
    measure_titles: Titles


@dataclass(frozen=True)
class Indicator:
    """What is looked at.

    Attributes:
        id: its name.
        axis: one of ``AXES``.
        source: ``ledger``, ``travel_rule``, ``screening``, ``reserves``, ``alerts`` or ``person``.
        unit: ``share``, ``count`` or ``level``.
        weight: percent of the score.
        titles: by language.
        how: how it is measured, or what is asked, by language.
        bands: from which value on how many points.
        levels: titles of each level; none of another unit.
    """

    id: str
    axis: str
    source: str
    unit: str
    weight: int
    titles: Titles
    how: Titles
    bands: tuple[tuple[int, int], ...]
    levels: tuple[Titles, ...]

    @property
    def worst(self) -> tuple[int, int]:
        """The last band."""
        return self.bands[-1]


@dataclass(frozen=True)
class Model:
    """A checked model; ``Model.read`` and ``Model.shipped`` make one.

    Attributes:
        version: 1 is shipped.
        axes: titles of each axis, by language.
        tiers: from the lowest on.
        indicators: by name, in the order of the axes.
        data: as it was read.
    """

    version: int
    axes: Mapping[str, Titles]
    tiers: tuple[Tier, ...]
    indicators: Mapping[str, Indicator]
    data: Mapping[str, Any]

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the canonical form, hex."""
        return content_hash(self.data).hex()

    @staticmethod
    def shipped() -> Model:
        """The model that comes with the software."""
        return _shipped()

    @classmethod
    def read(cls, source: Mapping[str, Any] | bytes | str | Path) -> Model:
        """Read and check a model.

        Args:
            source: data, JSON as bytes, or the path of a file.

        Raises:
            CannotRate: ``provider_risk.malformed``, ``provider_risk.indicators``,
                ``provider_risk.fixed``, ``provider_risk.weights``, ``provider_risk.bands``,
                ``provider_risk.tiers``, ``provider_risk.version_taken``.
        """
        model = _read(_data(source), _shipped())
        if model.version == _shipped().version and model.hash != _shipped().hash:
            raise CannotRate("provider_risk.version_taken", version=model.version)
        return model


@cache
def _shipped() -> Model:
    return _read(_data(HERE / "model.json"), None)


@cache
def schema() -> Mapping[str, Any]:
    """The published JSON schema of models; what is fixed stands in the shipped model."""
    found: dict[str, Any] = json.loads((HERE / "model.schema.json").read_text("utf-8"))
    return found


def _data(source: Mapping[str, Any] | bytes | str | Path) -> dict[str, Any]:
    try:
        if isinstance(source, Mapping):
            source = json.dumps(dict(source)).encode()
        if not isinstance(source, bytes):
            source = Path(source).read_bytes()
        return read_object(source, openings=_OPENINGS)
    except (OSError, TypeError, ValueError, RecursionError) as error:
        raise CannotRate("provider_risk.malformed", where="JSON") from error


def _read(data: dict[str, Any], shipped: Model | None) -> Model:
    """Check part by part; ``shipped`` says what is fixed."""
    _keys(data, "model", "version", "axes", "tiers", "indicators")
    version = data["version"]
    if type(version) is not int or not 1 <= version <= _LARGEST:
        raise CannotRate("provider_risk.malformed", where="version")
    _keys(data["axes"], "axes", *AXES)
    given = _object(data["indicators"], "indicators")
    if shipped is not None and given.keys() != shipped.indicators.keys():
        odd = sorted(given.keys() ^ shipped.indicators.keys())
        raise CannotRate("provider_risk.indicators", what=", ".join(odd)[:_LONGEST])
    read = {name: _indicator(name, each) for name, each in given.items()}
    for name, one in read.items():
        if shipped is not None and _fixed(one) != _fixed(shipped.indicators[name]):
            raise CannotRate("provider_risk.fixed", what=name)
    if sum(each.weight for each in read.values()) != 100:
        raise CannotRate("provider_risk.weights")
    ordered = sorted(read, key=lambda name: (AXES.index(read[name].axis), name))
    return Model(
        version=version,
        axes={name: _titles(data["axes"][name], name) for name in AXES},
        tiers=_tiers(data["tiers"]),
        indicators={name: read[name] for name in ordered},
        data=data,
    )


def _fixed(one: Indicator) -> tuple[str, str, str, int]:
    return one.axis, one.source, one.unit, len(one.levels)


def _indicator(name: str, data: Any) -> Indicator:
    levels = ("levels",) if isinstance(data, dict) and data.get("unit") == "level" else ()
    _keys(data, name, "axis", "source", "unit", "weight", "titles", "how", "bands", *levels)
    known = data["axis"] in AXES and isinstance(data["source"], str)
    if not known or data["unit"] not in ("share", "count", "level"):
        raise CannotRate("provider_risk.malformed", where=name)
    if type(data["weight"]) is not int or not 1 <= data["weight"] <= 100:
        raise CannotRate("provider_risk.weights")
    told = data.get("levels", [])
    if not isinstance(told, list):
        raise CannotRate("provider_risk.malformed", where=name)
    return Indicator(
        *(name, data["axis"], data["source"], data["unit"], data["weight"]),
        titles=_titles(data["titles"], name),
        how=_titles(data["how"], name),
        bands=_bands(data["bands"], name, data["unit"], len(told)),
        levels=tuple(_titles(each, name) for each in told),
    )


def _bands(data: Any, name: str, unit: str, levels: int) -> tuple[tuple[int, int], ...]:
    bad = CannotRate("provider_risk.bands", what=name)
    if not isinstance(data, list) or not 2 <= len(data) <= _MOST_BANDS:
        raise bad
    most = WHOLE if unit == "share" else _LARGEST
    for each in data:
        whole = isinstance(each, list) and len(each) == 2 and all(type(one) is int for one in each)
        if not whole or not 0 <= each[0] <= most or not 0 <= each[1] <= 100:
            raise bad
    grows = all(one[0] < two[0] and one[1] < two[1] for one, two in pairwise(data))
    if data[0][0] != 0 or not grows:
        raise bad
    if unit == "level" and [each[0] for each in data] != list(range(levels)):
        raise bad
    return tuple((start, points) for start, points in data)


def _tiers(data: Any) -> tuple[Tier, ...]:
    if not isinstance(data, list) or len(data) != len(TIERS):
        raise CannotRate("provider_risk.tiers")
    found = []
    for name, measure, each in zip(TIERS, MEASURES, data, strict=True):
        _keys(each, name, "id", "from", "measure", "titles", "measure_titles")
        start = each["from"]
        fits = (each["id"], each["measure"]) == (name, measure)
        if not fits or type(start) is not int or not 0 <= start <= 100:
            raise CannotRate("provider_risk.tiers")
        words = _titles(each["titles"], name), _titles(each["measure_titles"], name)
        found.append(Tier(name, start, measure, *words))
    if found[0].start != 0 or any(one.start >= two.start for one, two in pairwise(found)):
        raise CannotRate("provider_risk.tiers")
    return tuple(found)


def _titles(data: Any, where: str) -> dict[str, str]:
    _keys(data, where, *LANGUAGES)
    texts = data.values()
    if not all(isinstance(each, str) and 0 < len(each.strip()) <= _LONGEST for each in texts):
        raise CannotRate("provider_risk.malformed", where=where)
    return dict(data)


def _keys(data: Any, where: str, *wanted: str) -> None:
    if sorted(_object(data, where)) != sorted(wanted):
        raise CannotRate("provider_risk.malformed", where=where[:_LONGEST])


def _object(data: Any, where: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise CannotRate("provider_risk.malformed", where=where[:_LONGEST])
    return data
