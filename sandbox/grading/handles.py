"""What stands in the tester's process T for objects that live in the student's process S.

- What is done with a `Handle` is done in S; what comes back is plain data or a handle.
- An object of S is never compared, searched or combined with plain data of the test: its
  answer would be a claim that names the right value to the student's code (``__eq__``) and
  is believed. That is refused by name (`OpaqueError`). Two objects of S name nothing to
  each other that S does not hold.
- A function of the test's that is passed to S stays here: S asks to have it called, with
  plain data only, and learns what it gives back, or the name of Python's own error.
- An error of S that would end a loop of T (``StopIteration``) is told as another.
"""

from __future__ import annotations

import builtins
import sys
import types
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Any, Final
from weakref import WeakValueDictionary

from sandbox.grading.alarm import CellTimeout
from sandbox.grading.data import Shared, decode, encode
from sandbox.grading.doing import COMBINING, COMPARING, TOLD, VIEWS
from sandbox.grading.wire import Link, Message, WireError

MAX_REASON: Final = 500
MAX_ITEMS: Final = 100_000
MAX_ITERATED: Final = 32 * 2**20
_ENDING: Final = ("StopIteration", "StopAsyncIteration", "GeneratorExit")
_UNLIKE_DATA: Final = frozenset(
    {"function", "method", "type", "generator", "coroutine", "map", "filter", "zip", "enumerate"}
)
_PURE: Final = frozenset({"math", "cmath", "operator", "_operator"})


class SubmissionError(Exception):
    """The student's code raised something that is not one of Python's own errors."""


class OpaqueError(Exception):
    """A test needs plain data where the student's code gave an object of its own."""

    def __init__(self, what: str) -> None:
        super().__init__(f"an object of the submission cannot be {what} here")


class Asker:
    """Asks S, through O.

    Args:
        link: to O.
        own_output: where T's own printing goes; what S prints is written only where a test
            put another in its place, so that it can look at it.
    """

    def __init__(self, link: Link, own_output: Callable[[], object] = lambda: None) -> None:
        self._link = link
        self._own_output = own_output
        self._handles: WeakValueDictionary[int, Handle] = WeakValueDictionary()
        self._functions: list[Callable[..., object]] = []
        self._busy = False
        self.received = 0

    def name(self, name: str) -> object:
        """The value of a name in S; raises NameError when S has none."""
        return self._value(self._ask({"op": "name", "name": name}), Shared())

    def call(self, number: int, args: tuple[object, ...], named: dict[str, object]) -> object:
        """Call an object of S; containers among the arguments are changed as S left them."""
        shared = Shared()
        request = {
            "op": "call",
            "handle": number,
            "args": [self._send(item, shared) for item in args],
            "named": {name: self._send(item, shared) for name, item in named.items()},
        }
        passed = list(shared.items)
        reply = self._ask(request)
        value = self._value(reply, shared)
        left = reply.get("left")
        for container, body in zip(passed, left if isinstance(left, list) else [], strict=False):
            refill(container, self._read(body, shared))
        return value

    def do(self, number: int, what: str, *operands: object) -> Any:
        """Have one of `sandbox.grading.doing.DOING` done with an object of S."""
        shared = Shared()
        operated = [self._send(each, shared) for each in operands]
        request = {"op": "do", "what": what, "handle": number, "with": operated}
        value = self._value(self._ask(request), Shared())
        if what in VIEWS and type(value) is not VIEWS[what]:
            raise WireError(f"no {what}")
        return value

    def _ask(self, request: Message) -> Message:
        if self._busy:
            raise WireError("a function that the submission calls cannot ask it anything")
        self._link.send({"ask": request})
        reply = self._link.receive()
        while "back" in reply:
            self._link.send({"back": self._called_back(reply)})
            reply = self._link.receive()
        self.received += self._link.last_size
        self._print(reply.get("printed"))
        for kind in ("missing", "earlier"):
            if kind in reply and request["op"] == "name":
                error: Exception = NameError(f"name {request['name']!r} is not defined")
                error.synak_kind = kind  # type: ignore[attr-defined]
                raise error
        if "raised" in reply:
            raise submission_error(reply["raised"], ending=request.get("what") == "next")
        return reply

    def _print(self, printed: object) -> None:
        if type(printed) is str and sys.stdout is not self._own_output():
            sys.stdout.write(printed)

    def _called_back(self, asked: Message) -> Message:
        """Call a function of the test's for S."""
        self._busy = True
        try:
            function = self._functions[_number(asked["back"])]
            args = [decode(each) for each in asked["args"]]
            named = {str(name): decode(each) for name, each in asked["named"].items()}
            return {"value": self._send(function(*args, **named), Shared())}
        except CellTimeout:
            raise
        except BaseException as error:  # noqa: BLE001 (told to S by the name of its kind)
            kinds = (kind.__name__ for kind in type(error).__mro__ if kind in ERRORS)
            return {"raised": next(kinds, "Exception")}
        finally:
            self._busy = False

    def _value(self, reply: Message, shared: Shared) -> Any:
        return self._read(reply.get("value") or {}, shared)

    def _send(self, value: object, shared: Shared) -> Message:
        return encode(value, self._keep, shared)

    def _keep(self, value: object) -> Message:
        if isinstance(value, Handle):
            return {"h": number_of(value)}
        name = getattr(value, "__name__", None)
        if type(name) is str and getattr(builtins, name, None) is value:
            return {"g": -1, "n": name}  # S has its own
        if not _passable(value):
            raise WireError(f"a {type(value).__name__} cannot cross")
        self._functions.append(value)  # type: ignore[arg-type]
        return {"g": len(self._functions) - 1}

    def _read(self, message: Message, shared: Shared) -> Any:
        return decode(message, self._make, shared)

    def _make(self, message: Message) -> Handle:
        if "h" not in message:
            raise WireError("no handle")
        number = message["h"]
        handle = self._handles.get(number)
        if handle is None:
            handle = kind_named(str(message.get("n", "object")))(self, number)
            self._handles[number] = handle
        return handle


ERRORS: Final = frozenset(
    kind
    for kind in vars(builtins).values()
    if isinstance(kind, type)
    and issubclass(kind, Exception)
    and not kind.__name__.startswith(("Unicode", "ExceptionGroup"))
)


def _number(claimed: object) -> int:
    if type(claimed) is not int or claimed < 0:
        raise WireError("no number")
    return claimed


def _passable(value: object) -> bool:
    """Whether S may have a value of the test's called: its own functions, and harmless ones."""
    if isinstance(value, partial):
        return _passable(value.func)
    if isinstance(value, types.FunctionType | types.MethodType):
        return True
    holder = getattr(value, "__self__", None)
    return isinstance(value, types.BuiltinFunctionType) and (
        getattr(value, "__module__", None) in _PURE
        or (holder is not None and type(holder) in (list, dict, set, str, tuple))
    )


ASKER: Final = "_Handle__asker"
NUMBER: Final = "_Handle__number"


class Handle:
    """Stands for an object that lives in S; nothing of it is believed here.

    Its own names are Python's or hidden ones: every other is the object's.
    """

    __slots__ = ("__asker", "__number", "__weakref__")
    __asker: Asker
    __number: int

    def __init__(self, asker: Asker, number: int) -> None:
        object.__setattr__(self, ASKER, asker)
        object.__setattr__(self, NUMBER, number)

    def __call__(self, *args: object, **named: object) -> object:
        """Call it, in S."""
        return self.__asker.call(self.__number, args, named)

    def __getattr__(self, name: str) -> object:
        if name.startswith("__") and name not in TOLD:
            raise AttributeError(name)
        return _do(self, "attribute", name)

    def __setattr__(self, name: str, value: object) -> None:
        if name.startswith("__"):
            raise AttributeError(name)
        _do(self, "set", name, value)

    def __iter__(self) -> Iterator[object]:
        items = _do(self, "iter")
        if not isinstance(items, Handle):
            raise WireError("no iterator")
        before = self.__asker.received
        for _ in range(MAX_ITEMS):
            if self.__asker.received - before > MAX_ITERATED:
                break
            try:
                yield next(items)  # type: ignore[call-overload]
            except StopIteration:
                return
        raise WireError("it does not end")

    def __eq__(self, other: object) -> bool:
        return self.__compared("eq", other, alone=False)  # type: ignore[no-any-return]

    def __ne__(self, other: object) -> bool:
        return self.__compared("ne", other, alone=True)  # type: ignore[no-any-return]

    def __compared(self, what: str, other: object, *, alone: bool) -> Any:
        """Compare with another object of S; what is no plain data equals none, unasked."""
        if isinstance(other, Handle):
            return _do(self, what, other)
        if other is None or type(self).__name__ in _UNLIKE_DATA:
            return alone
        raise OpaqueError("compared")

    def __hash__(self) -> int:
        return int(_do(self, "hash"))

    def __contains__(self, item: object) -> bool:
        if not isinstance(item, Handle):
            raise OpaqueError("searched")
        return _do(self, "contains", item) is True

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        known = (each.__name__ for each in (kind.__mro__ if kind else ()) if each in ERRORS)
        _do(self, "leave", next(known, "Exception" if kind else None))

    def __deepcopy__(self, _memo: object) -> object:
        return _do(self, "deepcopy")


def _do(handle: Handle, what: str, *operands: object) -> Any:
    asker: Asker = object.__getattribute__(handle, ASKER)
    return asker.do(number_of(handle), what, *operands)


def number_of(handle: Handle) -> int:
    """The number by which S knows an object."""
    found: int = object.__getattribute__(handle, NUMBER)
    return found


def _forwarded(what: str) -> Callable[..., Any]:
    """A method that has something done in S with the object, and with what it is given."""
    return lambda self, *operands: _do(self, what, *operands)


def _combined(what: str) -> Callable[[Handle, object], Any]:
    """An operator between two objects of S."""

    def combine(self: Handle, other: object) -> Any:
        if not isinstance(other, Handle):
            raise OpaqueError("combined")
        return _do(self, what, other)

    return combine


_METHODS: Final[dict[str, Callable[..., Any]]] = {
    **{f"__{name}__": _forwarded(name) for name in VIEWS if name != "hash"},
    **{f"__{name}__": _forwarded(name) for name in ("neg", "pos", "invert", "abs", "round")},
    **{f"__{name}__": _forwarded(name) for name in ("next", "enter", "copy")},
    "__getitem__": _forwarded("item"),
    "__setitem__": _forwarded("set_item"),
    "__delitem__": _forwarded("del_item"),
    **{f"__{name}__": _combined(name) for name in COMPARING if name not in ("eq", "ne")},
    **{f"__{name.rstrip('_')}__": _combined(name) for name in COMBINING},
    **{f"__i{name.rstrip('_')}__": _combined(f"i{name.rstrip('_')}") for name in COMBINING},
    **{f"__r{name.rstrip('_')}__": _combined(name) for name in COMBINING},
}
for _name, _method in _METHODS.items():
    setattr(Handle, _name, _method)


@lru_cache(maxsize=512)
def kind_named(name: str) -> type[Handle]:
    """The kind of handle for objects of a type; told apart by its name only.

    Args:
        name: as S claims.
    """
    plain = name if name.isidentifier() and len(name) <= 80 else "object"
    told = {
        each: property(lambda self, each=each: _do(self, "attribute", each))  # type: ignore[misc]
        for each in ("__doc__", "__annotations__")
    }
    return type(plain, (Handle,), {"__slots__": (), **told})


def refill(container: object, left: object) -> None:
    """Make a container equal to what the call in S left of it.

    Args:
        container: the argument as T holds it; it stays of its own class.
        left: its content after the call.
    """
    kind = next((each for each in _REFILLED if isinstance(container, each)), None)
    if kind is not None and isinstance(left, kind):
        _REFILLED[kind](container, left)


def _refill_mapping(kind: Any, container: Any, left: Any) -> None:
    kind.clear(container)
    for key, value in left.items():
        kind.__setitem__(container, key, value)


def _refill_queue(container: Any, left: Any) -> None:
    deque.clear(container)
    deque.extend(container, left)


def _refill_set(container: Any, left: Any) -> None:
    set.clear(container)
    set.update(container, left)


_REFILLED: Final[dict[type, Callable[[Any, Any], None]]] = {
    list: lambda container, left: list.__setitem__(container, slice(None), left),
    bytearray: lambda container, left: bytearray.__setitem__(container, slice(None), left),
    deque: _refill_queue,
    set: _refill_set,
    OrderedDict: partial(_refill_mapping, OrderedDict),
    dict: partial(_refill_mapping, dict),
}
"""How each kind of container is filled anew, by its own methods, not by those of a subclass."""


def _buildable(base: str) -> type[Exception] | None:
    """One of Python's own errors by name, or the nearest above it that is made of a text alone."""
    named = getattr(builtins, base, None)
    above = named.__mro__ if isinstance(named, type) else ()
    return next((kind for kind in above if kind in ERRORS), None)


def submission_error(raised: object, *, ending: bool = False) -> Exception:
    """The exception to raise in T for one that was raised in S.

    Args:
        raised: [type name, text, name of the nearest of Python's own], as S claims.
        ending: whether the end of an iteration was asked for.
    """
    name, text, base = ("Exception", "", "")
    if isinstance(raised, list) and len(raised) in (2, 3):
        name, text = str(raised[0])[:80], str(raised[1])[:MAX_REASON]
        base = str(raised[-1])[:80] if len(raised) == 3 else name
    kind = _buildable(base)
    if kind is None or kind is Exception or (base in _ENDING and not ending):
        error: Exception = SubmissionError(f"{name}: {text}")
    else:
        error = kind(text)
    error.synak_kind = "raised"  # type: ignore[attr-defined]
    error.synak_name = name  # type: ignore[attr-defined]
    return error
