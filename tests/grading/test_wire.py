"""Only plain data crosses, whatever the other side sends."""

from __future__ import annotations

import socket
import struct
import threading
from collections import OrderedDict
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.grading.data import decode, encode
from sandbox.grading.wire import MAX_FRAME, Link, LinkClosed, LinkTimeout, WireError

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary()
    | st.floats(allow_nan=False) | st.binary().map(bytearray),
    lambda inner: st.lists(inner, max_size=4)
    | st.lists(inner, max_size=4).map(tuple)
    | st.dictionaries(st.text() | st.integers(), inner, max_size=4)
    | st.sets(st.integers() | st.text(), max_size=4)
    | st.frozensets(st.integers(), max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(PLAIN)
@settings(deadline=None)
def test_plain_data_arrive_as_they_were(value):
    back = decode(encode(value))
    assert back == value
    assert type(back) is type(value)


def test_subclasses_arrive_as_their_plain_value():
    class Sly(str):
        __slots__ = ()

        def __eq__(self, other):
            return True

        __hash__ = str.__hash__

    class Big(int):
        pass

    back = decode(encode([Sly("no"), Big(3), OrderedDict(a=1), MappingProxyType({"b": 2})]))
    assert [type(each) for each in back] == [str, int, OrderedDict, dict]
    assert back[0] != "yes"


def test_other_objects_are_handles_or_refused():
    kept = []
    message = encode([object()], lambda value: kept.append(value) or {"h": 5, "n": "object"})
    assert decode(message, lambda held: held) == [{"h": 5, "n": "object"}]
    with pytest.raises(WireError, match="cannot cross"):
        encode(object())
    with pytest.raises(WireError):
        decode(message)


@pytest.mark.parametrize(
    "lie",
    [
        {},
        {"x": 1},
        {"p": [1]},
        {"p": 1},
        {"i": 5},
        {"i": "f" * 5000},
        {"i": "zz"},
        {"b": "@@"},
        {"d": [[{"l": []}, {"p": None}]]},
        {"d": 5},
        {"s": [{"l": []}]},
        {"l": "text"},
        {"h": True},
        [],
        None,
    ],
)
def test_malformed_data_are_refused(lie):
    with pytest.raises(WireError):
        decode(lie, lambda *_: None)


def test_endless_nesting_is_refused_on_both_sides():
    value: list = []
    value.append(value)
    with pytest.raises(WireError, match="deep"):
        encode(value)
    lie: dict = {"p": None}
    for _ in range(40):
        lie = {"l": [lie]}
    with pytest.raises(WireError):
        decode(lie)


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    yield Link(ours), theirs
    ours.close()
    theirs.close()


def test_frames_arrive_whole(pair):
    link, theirs = pair
    threading.Thread(target=lambda: Link(theirs).send({"a": "x" * 100_000})).start()
    assert link.receive(seconds=5) == {"a": "x" * 100_000}


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (struct.pack(">I", MAX_FRAME + 1), WireError),
        (struct.pack(">I", 2) + b"[]", WireError),
        (struct.pack(">I", 3) + b"{x}", WireError),
        (struct.pack(">I", 4) + b"{", LinkTimeout),
        (b"\0", LinkTimeout),
    ],
)
def test_broken_frame_is_an_error_not_a_hang(pair, sent, error):
    link, theirs = pair
    theirs.sendall(sent)
    with pytest.raises(error):
        link.receive(seconds=0.2)


def test_closed_link_is_said(pair):
    link, theirs = pair
    theirs.close()
    with pytest.raises(LinkClosed):
        link.receive(seconds=1)
