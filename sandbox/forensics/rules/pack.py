"""Rule packs: which values the 27 rules run with, what they weigh, and what typologies add up.

Rules:

1. A pack is data (JSON, ``pack.schema.json``): parameters of all rules together, then each rule
   R01 to R27 with titles in three languages, FATF category, source, parameters and bands, then
   typologies. It names every rule.
2. What a parameter may be (``least``, ``most``, ``unit``) belongs to the software: a pack repeats
   it, and one that says otherwise is refused.
3. Bands give a score from 1 to 100 to what a rule measured. The first begins at 0, so that a rule
   whose definition is met always has a score; they grow in both.
4. A typology weighs the scores of rules (percent), puts them together by an expression, and alerts
   from one threshold on, interdicts from a higher one.
5. A pack's hash is SHA-256 of its canonical form (RFC 8785). A changed pack is another version: the
   shipped version's number with another content is refused.

>>> from sandbox.forensics.rules.pack import Pack
>>> pack = Pack.shipped()
>>> pack.version, len(pack.rules), pack.rules["R01"]["n"]
(1, 27, 5)
>>> pack.changed(2, {"R01.n": 4}).rules["R01"]["n"]
4
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from sandbox.forensics.rules.errors import CannotWatch
from sandbox.forensics.rules.expressions import names
from sandbox.kit.canonical import content_hash
from sandbox.kit.strict_json import read_object

HERE: Final = Path(__file__).parent
RULES: Final = tuple(f"R{number:02}" for number in range(1, 28))
"""The rules by their numbers."""
LANGUAGES: Final = ("en", "ru", "ky")
CATEGORIES: Final = (
    *("transactions", "patterns", "anonymity", "parties", "source_of_funds", "geography"),
    *("travel_rule", "market"),
)
"""The six groups of FATF's red flags (2020), the travel rule (R.16), and what is none of these."""
LARGEST: Final = 10**15
MOST_BANDS: Final = 6
HEAVIEST: Final = 10_000
_OPENINGS: Final = 2_000
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value of a rule.

    Attributes:
        value: whole, in ``unit``.
        least: the smallest that it may be.
        most: the greatest.
        unit: ``count``, ``percent``, ``minutes``, ``days``, ``years`` or ``tyiyn``.
    """

    value: int
    least: int
    most: int
    unit: str


@dataclass(frozen=True)
class Rule:
    """How one rule runs; ``rule["n"]`` is the value of its parameter ``n``.

    Attributes:
        id: R01 to R27.
        titles: by language.
        category: one of ``CATEGORIES``.
        source: where it comes from, or "ours".
        parameters: by name.
        bands: from which measured value on which score.
    """

    id: str
    titles: Mapping[str, str]
    category: str
    source: str
    parameters: Mapping[str, Parameter]
    bands: tuple[tuple[int, int], ...]

    def __getitem__(self, name: str) -> int:
        return self.parameters[name].value


@dataclass(frozen=True)
class Typology:
    """What several rules say together.

    Attributes:
        id: its name.
        titles: by language.
        weights: percent, by rule.
        expression: over rules; see ``sandbox.forensics.rules.expressions``.
        alert: the score from which it alerts.
        interdict: the score from which it asks to hold the payment.
    """

    id: str
    titles: Mapping[str, str]
    weights: Mapping[str, int]
    expression: Any
    alert: int
    interdict: int


@dataclass(frozen=True)
class Pack:
    """A checked pack; ``Pack.read`` and ``Pack.shipped`` make one.

    Attributes:
        version: 1 is shipped.
        parameters: ``threshold``, ``silence`` and ``memory``, of all rules.
        services: categories of tags whose accounts are no subjects of rules about behaviour.
        rules: by number.
        typologies: by name.
        data: as it was read.
    """

    version: int
    parameters: Mapping[str, Parameter]
    services: tuple[str, ...]
    rules: Mapping[str, Rule]
    typologies: Mapping[str, Typology]
    data: Mapping[str, Any]

    def __getitem__(self, name: str) -> int:
        return self.parameters[name].value

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the canonical form, hex."""
        return content_hash(self.data).hex()

    @staticmethod
    def shipped() -> Pack:
        """The pack that comes with the software."""
        return _shipped()

    @classmethod
    def read(cls, source: Mapping[str, Any] | bytes | str | Path) -> Pack:
        """Read and check a pack.

        Args:
            source: data, JSON as bytes, or the path of a file.

        Raises:
            CannotWatch: ``alert_pack.malformed``, ``alert_pack.rules``,
                ``alert_pack.parameters``, ``alert_pack.outside``, ``alert_pack.bands``,
                ``alert_pack.titles``, ``alert_pack.expression``, ``alert_pack.thresholds``,
                ``alert_pack.version_taken``.
        """
        pack = _read(_data(source), _shipped())
        if pack.version == _shipped().version and pack.hash != _shipped().hash:
            raise CannotWatch("alert_pack.version_taken", version=pack.version)
        return pack

    def changed(self, version: int, values: Mapping[str, int]) -> Pack:
        """The same pack with other values of parameters.

        Args:
            version: of the new one.
            values: by ``R01.n``, or ``threshold`` for one of all rules.

        Raises:
            CannotWatch: as ``read``.
        """
        data = copy.deepcopy(dict(self.data))
        for name, value in values.items():
            rule, _, parameter = name.rpartition(".")
            part = data["rules"].get(rule, {}) if rule else data
            known = part.get("parameters", {})
            if parameter not in known:
                raise CannotWatch("alert_pack.parameters", what=name[:_LONGEST])
            known[parameter]["value"] = value
        return Pack.read({**data, "version": version})


@cache
def _shipped() -> Pack:
    return _read(_data(HERE / "pack.json"), None)


@cache
def schema() -> Mapping[str, Any]:
    """The published JSON schema of packs; ranges of values stand in the shipped pack."""
    found: dict[str, Any] = json.loads((HERE / "pack.schema.json").read_text("utf-8"))
    return found


def _data(source: Mapping[str, Any] | bytes | str | Path) -> dict[str, Any]:
    """A copy of the data that nobody else holds."""
    if isinstance(source, Mapping):
        try:
            source = json.dumps(dict(source)).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise CannotWatch("alert_pack.malformed", where="JSON") from error
    if not isinstance(source, bytes):
        source = Path(source).read_bytes()
    try:
        return read_object(source, openings=_OPENINGS)
    except (TypeError, ValueError) as error:
        raise CannotWatch("alert_pack.malformed", where="JSON") from error


def _read(data: dict[str, Any], shipped: Pack | None) -> Pack:
    """Check part by part; ``shipped`` says what parameters may be."""
    _keys(data, "pack", "version", "parameters", "services", "rules", "typologies")
    services = data["services"]
    if not isinstance(services, list) or not all(_is_word(each) for each in services):
        raise CannotWatch("alert_pack.malformed", where="services")
    given = _object(data["rules"], "rules")
    if tuple(sorted(given)) != RULES:
        raise CannotWatch(
            "alert_pack.rules", what=", ".join(sorted({*given} ^ {*RULES}))[:_LONGEST]
        )
    known = None if shipped is None else shipped.parameters
    return Pack(
        version=_whole(data["version"], "version", 1, LARGEST),
        parameters=_parameters(data["parameters"], "parameters", known),
        services=tuple(services),
        rules={name: _rule(name, given[name], shipped) for name in RULES},
        typologies=dict(_typologies(data["typologies"])),
        data=data,
    )


def _rule(name: str, data: Any, shipped: Pack | None) -> Rule:
    _keys(data, name, "titles", "category", "source", "parameters", "bands")
    if data["category"] not in CATEGORIES or not _is_text(data["source"]):
        raise CannotWatch("alert_pack.malformed", where=name)
    known = None if shipped is None else shipped.rules[name].parameters
    return Rule(
        id=name,
        titles=_titles(data["titles"], name),
        category=data["category"],
        source=data["source"],
        parameters=_parameters(data["parameters"], name, known),
        bands=_bands(data["bands"], name),
    )


def _parameters(
    data: Any, where: str, shipped: Mapping[str, Parameter] | None
) -> dict[str, Parameter]:
    found = {}
    for name, each in _object(data, where).items():
        what = f"{where}.{name}"
        _keys(each, what, "value", "least", "most", "unit")
        least, most = (_whole(each[end], what, 0, LARGEST) for end in ("least", "most"))
        value = _whole(each["value"], what, least, most)
        found[name] = Parameter(value, least, most, str(each["unit"]))
    for name in {*found, *(shipped or ())}:
        if shipped is not None and _range(found.get(name)) != _range(shipped.get(name)):
            raise CannotWatch("alert_pack.parameters", what=f"{where}.{name}"[:_LONGEST])
    return found


def _range(parameter: Parameter | None) -> tuple[int, int, str] | None:
    return None if parameter is None else (parameter.least, parameter.most, parameter.unit)


def _bands(data: Any, rule: str) -> tuple[tuple[int, int], ...]:
    bad = CannotWatch("alert_pack.bands", what=rule)
    if not isinstance(data, list) or not 1 <= len(data) <= MOST_BANDS:
        raise bad
    for each in data:
        whole = isinstance(each, list) and len(each) == 2 and all(type(one) is int for one in each)
        if not whole or not 0 <= each[0] <= LARGEST or not 1 <= each[1] <= 100:
            raise bad
    grows = all(one[0] < two[0] and one[1] < two[1] for one, two in pairwise(data))
    if data[0][0] != 0 or not grows:
        raise bad
    return tuple((start, score) for start, score in data)


def _typologies(data: Any) -> Iterator[tuple[str, Typology]]:
    for name, each in _object(data, "typologies").items():
        if not _is_word(name):
            raise CannotWatch("alert_pack.malformed", where="typologies")
        _keys(each, name, "titles", "weights", "expression", "alert", "interdict")
        weights = _object(each["weights"], name)
        for rule, weight in weights.items():
            _whole(weight, f"{name}.{rule}", 1, HEAVIEST)
        try:
            named = names(each["expression"])
        except ValueError as error:
            raise CannotWatch("alert_pack.expression", what=name) from error
        if not named or named - set(RULES) or named != set(weights):
            raise CannotWatch("alert_pack.expression", what=name)
        ends = each["alert"], each["interdict"]
        if any(type(end) is not int for end in ends) or not 1 <= ends[0] <= ends[1] <= LARGEST:
            raise CannotWatch("alert_pack.thresholds", what=name)
        titles = _titles(each["titles"], name)
        yield name, Typology(name, titles, weights, each["expression"], *ends)


def _titles(data: Any, what: str) -> dict[str, str]:
    titles = _object(data, what)
    if sorted(titles) != sorted(LANGUAGES) or not all(_is_text(each) for each in titles.values()):
        raise CannotWatch("alert_pack.titles", what=what)
    return titles


def _keys(data: Any, where: str, *wanted: str) -> None:
    if sorted(_object(data, where)) != sorted(wanted):
        raise CannotWatch("alert_pack.malformed", where=where[:_LONGEST])


def _object(data: Any, where: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise CannotWatch("alert_pack.malformed", where=where[:_LONGEST])
    return data


def _whole(value: Any, what: str, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise CannotWatch("alert_pack.outside", what=what[:_LONGEST], least=least, most=most)
    return value


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value.strip()) > 0 and len(value) <= _LONGEST


def _is_word(value: Any) -> bool:
    """A name in small letters, as categories and typologies have."""
    return isinstance(value, str) and len(value) <= 40 and value.replace("_", "a").isalpha()
