"""Values as they cross between the grading processes: plain data only, nothing pickled.

Rules:

- Plain data are those of Python's own types that this module and `sandbox.grading.kinds`
  know, exact types after decoding: a subclass whose ``__eq__`` lies arrives as its plain
  value or not at all.
- Anything else crosses as a number; what is done with it is done on the side that holds it.
- Within one call a mutable container is numbered too (`Shared`): two names for one list are
  two names for one list on the other side, and what comes back is the one that was passed.

>>> decode(encode({"a": (1, b"x")}))
{'a': (1, b'x')}
>>> row = [0]
>>> a, b = decode(encode([row, row], shared=Shared()), shared=Shared())
>>> a is b
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from sandbox.grading.kinds import COLLECTIONS, MUTABLE, SCALARS, collection, scalar
from sandbox.grading.wire import Message, WireError

MAX_DEPTH: Final = 24

Keep = Callable[[object], Message]
Make = Callable[[Message], object]
_UNFINISHED: Final = object()


class Shared:
    """The mutable containers of one call, by the numbers that both sides give them.

    Attributes:
        items: the containers, in the order in which they are met.
    """

    def __init__(self, items: Iterable[object] = ()) -> None:
        self.items = list(items)
        self._numbers = {id(item): number for number, item in enumerate(self.items)}
        self._open: set[int] = set()

    def number(self, container: object) -> int | None:
        """The number of a container that was met before.

        Raises:
            WireError: it is being written: it contains itself.
        """
        number = self._numbers.get(id(container))
        if number in self._open:
            raise WireError("nested too deep: it contains itself")
        return number

    def write(self, container: object, body: Callable[[], Message]) -> Message:
        """Number a container and write it."""
        number = len(self.items)
        self.items.append(container)
        self._numbers[id(container)] = number
        self._open.add(number)
        written = {"m": number, "v": body()}
        self._open.discard(number)
        return written

    def read(self, number: object, body: Callable[[], Any]) -> Any:
        """Read a container that the other side numbered."""
        if type(number) is not int or number != len(self.items):
            raise WireError("another number")
        self.items.append(_UNFINISHED)
        self.items[number] = value = body()
        self._numbers[id(value)] = number
        return value

    def known(self, number: object) -> Any:
        """A container that was read, or passed, before."""
        if type(number) is not int or not 0 <= number < len(self.items):
            raise WireError("no such container")
        if self.items[number] is _UNFINISHED:
            raise WireError("it contains itself")
        return self.items[number]


def encode(
    value: object, keep: Keep | None = None, shared: Shared | None = None, depth: int = 0
) -> Message:
    """Write a value as tagged JSON.

    Args:
        value: anything.
        keep: writes what is not plain, by a number; None: such a value is refused.
        shared: the containers of this call.
        depth: of nesting so far.

    Raises:
        WireError: nested too deep, or not plain and not kept.
    """
    if depth > MAX_DEPTH:
        raise WireError("nested too deep")
    written = scalar(value)
    if written is not None:
        return written
    if shared is None or not isinstance(value, MUTABLE):
        return body_of(value, keep, shared, depth)
    number = shared.number(value)
    if number is not None:
        return {"@": number}
    return shared.write(value, lambda: body_of(value, keep, shared, depth))


def body_of(
    value: object, keep: Keep | None = None, shared: Shared | None = None, depth: int = 0
) -> Message:
    """Write a collection without its number, or what is kept.

    Args:
        value: no scalar.
        keep: as for `encode`.
        shared: as for `encode`.
        depth: as for `encode`.

    Raises:
        WireError: not plain and not kept.
    """
    written = collection(value, lambda item: encode(item, keep, shared, depth + 1))
    if written is not None:
        return written
    if keep is None:
        raise WireError(f"a {type(value).__name__} cannot cross")
    return keep(value)


def decode(
    message: Message, make: Make | None = None, shared: Shared | None = None, depth: int = 0
) -> Any:
    """Read tagged JSON.

    Args:
        message: what `encode` wrote, or what a liar sent.
        make: makes a stand-in for what the other side kept.
        shared: the containers of this call.
        depth: of nesting so far.

    Raises:
        WireError: anything but plain data in the form of `encode`.
    """
    if depth > MAX_DEPTH or not isinstance(message, dict) or not message:
        raise WireError("not tagged data")
    tag, held = next(iter(message.items()))
    try:
        if tag in SCALARS:
            return SCALARS[tag](held)
        if tag in COLLECTIONS:
            return COLLECTIONS[tag](held, lambda item: decode(item, make, shared, depth + 1))
        if tag == "m" and shared is not None:
            return shared.read(held, lambda: decode(message["v"], make, shared, depth))
        if tag == "@" and shared is not None:
            return shared.known(held)
        if tag in ("h", "g") and make is not None and type(held) is int:
            return make(message)
    except (TypeError, ValueError, KeyError, IndexError, ArithmeticError) as error:
        raise WireError("malformed data") from error
    raise WireError("unknown tag")
