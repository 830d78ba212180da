"""The kinds of plain data that cross: how each is written, and how it is read from a liar.

Scalars are None, bool, int, float, complex, Decimal, Fraction, str, bytes, range, dates and
times, and Python's own simple types by name. Collections are bytearray, list, tuple, set,
frozenset, dict with its views, Counter, OrderedDict, defaultdict of a simple type, deque and
named tuples. Numbers are bounded, so that reading one costs no more than its text.
"""

from __future__ import annotations

import base64
import keyword
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

from sandbox.grading.wire import Message, WireError

MAX_BITS: Final = 16_000
"""Of a whole number; the same on the side that writes it and on the one that reads it."""
MAX_DIGITS: Final = 4000
"""Of a decimal, and of its exponent."""
MAX_FIELDS: Final = 64
MUTABLE: Final = (list, dict, set, bytearray, deque)
Each = Callable[[Any], Any]

_TYPES: Final[dict[str, type]] = {
    kind.__name__: kind
    for kind in (bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict)
}
_FACTORIES: Final[dict[str, type]] = {
    kind.__name__: kind for kind in (bool, int, float, str, list, tuple, set, dict)
}
_MOMENTS: Final[dict[str, Any]] = {kind.__name__: kind for kind in (datetime, date, time)}
_VIEWS: Final[dict[str, type]] = {
    "K": type({}.keys()), "V": type({}.values()), "I": type({}.items()),
}  # fmt: skip
_SEQUENCES: Final[dict[str, type]] = {"l": list, "t": tuple, "s": set, "z": frozenset}


def scalar(value: object) -> Message | None:
    """Write a value that holds no others; None: it is no such value.

    Args:
        value: anything.

    Raises:
        WireError: a number too long to cross.
    """
    if value is None or value is True or value is False:
        return {"p": value}
    if isinstance(value, type):
        return {"k": value.__name__} if _TYPES.get(value.__name__) is value else None
    for kind, write in _WRITERS.items():
        if isinstance(value, kind):
            return write(value)
    return None


def _bounded(value: int) -> int:
    if int.bit_length(value) > MAX_BITS:
        raise WireError(f"a whole number of more than {MAX_BITS} bits cannot cross")
    return value


def _whole(value: int) -> str:
    return hex(int.__int__(_bounded(value)))


def _decimal(value: Decimal) -> Message:
    written = Decimal.__str__(value)
    if len(written) > MAX_DIGITS or abs(Decimal.adjusted(value)) > MAX_DIGITS:
        raise WireError("decimal too long")
    return {"D": written}


def _moment(value: Any) -> Message:
    kind = next(each for each in _MOMENTS.values() if isinstance(value, each))
    return {"T": [kind.__name__, kind.isoformat(value)]}


_WRITERS: Final[dict[Any, Callable[[Any], Message]]] = {
    str: lambda value: {"p": str.__str__(value).encode("utf-8", "replace").decode("utf-8")},
    int: lambda value: {"i": _whole(value)},
    float: lambda value: {"f": float.__repr__(value)},
    bytes: lambda value: {"b": base64.b64encode(value).decode()},
    complex: lambda value: {"c": [float.__repr__(value.real), float.__repr__(value.imag)]},
    Decimal: _decimal,
    Fraction: lambda value: {"F": [_whole(value.numerator), _whole(value.denominator)]},
    range: lambda value: {"r": [_whole(value.start), _whole(value.stop), _whole(value.step)]},
    (datetime, date, time): _moment,
    timedelta: lambda value: {"L": [value.days, value.seconds, value.microseconds]},
}


def collection(value: object, each: Each) -> Message | None:
    """Write a value that holds others; None: it is no such value.

    Args:
        value: anything but a scalar.
        each: writes what it holds.
    """
    if isinstance(value, Mapping):
        return _mapping(value, each)
    if isinstance(value, bytearray):
        return {"y": base64.b64encode(value).decode()}
    if isinstance(value, deque):
        return {"q": [value.maxlen, [each(item) for item in value]]}
    if isinstance(value, tuple) and _fields(getattr(type(value), "_fields", None)):
        names = list(type(value)._fields)  # type: ignore[attr-defined]
        return {"N": [type(value).__name__, names, [each(item) for item in value]]}
    return _sequence(value, each)


def _sequence(value: Any, each: Each) -> Message | None:
    kinds = (_SEQUENCES | _VIEWS).items()
    tag = next((tag for tag, kind in kinds if isinstance(value, kind)), None)
    if tag == "I":
        return {"I": [[each(k), each(v)] for k, v in value]}
    return None if tag is None else {tag: [each(item) for item in value]}


def _mapping(value: Mapping[Any, Any], each: Each) -> Message:
    pairs = [[each(k), each(v)] for k, v in value.items()]
    if isinstance(value, Counter):
        return {"C": pairs}
    if isinstance(value, OrderedDict):
        return {"o": pairs}
    factory = value.default_factory if isinstance(value, defaultdict) else None
    for name, kind in _FACTORIES.items():
        if factory is kind:
            return {"e": [name, pairs]}
    return {"d": pairs}


def _fields(names: object) -> bool:
    """Whether these are names of a named tuple's fields."""
    return (
        isinstance(names, list | tuple)
        and 0 < len(names) <= MAX_FIELDS
        and all(type(name) is str and _name(name) for name in names)
        and len(set(names)) == len(names)
    )


def _name(name: str) -> bool:
    plain = name.isidentifier() and name.isascii() and len(name) <= 80
    return plain and not name.startswith("_") and not keyword.iskeyword(name)


class Record(tuple[Any, ...]):
    """A named tuple of the submission's, made anew: its items, and a name for each."""

    __slots__ = ()
    _fields: tuple[str, ...] = ()

    def __repr__(self) -> str:
        told = ", ".join(f"{k}={v!r}" for k, v in zip(self._fields, self, strict=True))
        return f"{type(self).__name__}({told})"

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self._fields, self, strict=True))

    def _replace(self, **changed: object) -> Record:
        if not changed.keys() <= set(self._fields):
            raise ValueError("no such field")
        return type(self)((self._asdict() | changed).values())


def _record(held: Any, each: Each) -> Record:
    name, names, items = held
    if not _fields(names) or type(name) is not str or len(items) != len(names):
        raise ValueError
    return _record_kind(name if _name(name) else "Record", tuple(names))(map(each, items))


@lru_cache(maxsize=256)
def _record_kind(name: str, names: tuple[str, ...]) -> type[Record]:
    members: dict[str, Any] = {n: property(itemgetter(at)) for at, n in enumerate(names)}
    return type(name, (Record,), members | {"__slots__": (), "_fields": names})


def _plain(held: object) -> object:
    if held is None or type(held) in (bool, str):
        return held
    raise ValueError


def _integer(held: str) -> int:
    return _bounded(int(held, 16))


def _read_decimal(held: str) -> Decimal:
    if type(held) is not str or len(held) > MAX_DIGITS:
        raise ValueError
    value = Decimal(held)
    if abs(value.adjusted()) > MAX_DIGITS:
        raise ValueError
    return value


def _read_range(held: Any) -> range:
    start, stop, step = held
    return range(_integer(start), _integer(stop), _integer(step))


def _fraction(held: Any) -> Fraction:
    top, bottom = held
    return Fraction(_integer(top), _integer(bottom))


def _complex(held: Any) -> complex:
    real, imaginary = held
    return complex(float(real), float(imaginary))


def _read_moment(held: Any) -> Any:
    kind, text = held
    return _MOMENTS[kind].fromisoformat(text)


def _span(held: Any) -> timedelta:
    days, seconds, micro = held
    if not all(type(part) is int for part in (days, seconds, micro)):
        raise ValueError
    return timedelta(days, seconds, micro)


SCALARS: Final[dict[str, Callable[[Any], object]]] = {
    "p": _plain,
    "i": _integer,
    "f": float,
    "b": lambda held: base64.b64decode(held, validate=True),
    "c": _complex,
    "D": _read_decimal,
    "F": _fraction,
    "r": _read_range,
    "T": _read_moment,
    "L": _span,
    "k": _TYPES.__getitem__,
}
"""How each scalar is read; a malformed one raises ValueError, TypeError or the like."""


def _pairs(held: Any, each: Each) -> dict[Any, Any]:
    return {each(k): each(v) for k, v in held}


def _queue(held: Any, each: Each) -> deque[Any]:
    bound, items = held
    if bound is not None and type(bound) is not int:
        raise ValueError
    return deque((each(item) for item in items), bound)


def _default(held: Any, each: Each) -> defaultdict[Any, Any]:
    factory, pairs = held
    return defaultdict(_FACTORIES[factory], _pairs(pairs, each))


COLLECTIONS: Final[dict[str, Callable[[Any, Each], object]]] = {
    "d": _pairs,
    "C": lambda held, each: Counter(_pairs(held, each)),
    "o": lambda held, each: OrderedDict(_pairs(held, each)),
    "e": _default,
    "y": lambda held, _each: bytearray(base64.b64decode(held, validate=True)),
    "q": _queue,
    "N": _record,
    "K": lambda held, each: dict.fromkeys(each(item) for item in held).keys(),
    "V": lambda held, each: dict(enumerate(each(item) for item in held)).values(),
    "I": lambda held, each: _pairs(held, each).items(),
    **{
        tag: (lambda held, each, kind=kind: kind(each(item) for item in held))  # type: ignore[misc]
        for tag, kind in _SEQUENCES.items()
    },
}
"""How each collection is read, with a function that reads what it holds."""
