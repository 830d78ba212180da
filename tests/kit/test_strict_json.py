"""Reading what somebody sent: valid JSON comes whole, hostile JSON is refused at once."""

from __future__ import annotations

import json
import re
import sys
from contextlib import suppress
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.kit.strict_json import DEEPEST, read_object, read_value

SIZE = 65_536
SECONDS = 1.0
"""A read of `SIZE` bytes takes a hundredth of it; what looks at a text twice takes a hundred."""
PARTS = [b'"', b"\\", b'\\"', b"\\\\", b"\\\n", b"\n", b"a", b"{", b"[", b"]", b"}", b":", b",",
         b'"":', b"0", b"-", b" ", b"\xff", b"\\u", b"\\ud800"]  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def read_in_time(content: bytes) -> None:
    started = process_time()
    with suppress(TypeError, ValueError):
        read_object(content, openings=4)
    assert process_time() - started < SECONDS, content[:60]


def test_a_text_that_nothing_ends_is_refused_at_once():
    started = process_time()
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        read_object(b'"' + b'\\"' * 30_000, openings=4)
    assert process_time() - started < SECONDS


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(PARTS), max_size=3),
    st.lists(st.sampled_from(PARTS), min_size=1, max_size=4),
    st.lists(st.sampled_from(PARTS), max_size=3),
)
def test_the_time_is_bounded_by_the_size(before, again, after):
    repeated = b"".join(again)
    read_in_time(b"".join(before) + repeated * (SIZE // len(repeated)) + b"".join(after))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(), VALUES), st.booleans())
def test_what_is_valid_comes_whole(said, ascii_only):
    content = json.dumps(said, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", json.dumps(said))
    openings = bare.count("[") + bare.count("{")
    assert read_object(content, openings=openings) == said
    with pytest.raises(ValueError, match="too many brackets"):
        read_object(content, openings=openings - 1)


@pytest.mark.parametrize("content", [b'{"a": "[{[{[{\\"[{"}', b'{"[[[[[": "\\\\"}', b"{}"])
def test_brackets_inside_a_text_do_not_count(content):
    assert read_object(content, openings=1) == json.loads(content)


@pytest.mark.parametrize("content", [b'{"a": 1, "a": 2}', b'{"a', b'{"a\\', b'"', b"[[", b""])
def test_what_is_no_object_is_refused(content):
    with pytest.raises(ValueError, match=r"twice|Unterminated|Expecting|escape|brackets"):
        read_object(content, openings=1)


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_what_is_nested_deep_is_refused_before_it_is_read_whatever_the_limit(opening):
    """Above a raised limit of recursion the reader itself would end the process."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(10**7)
    try:
        with pytest.raises(ValueError, match="nested too deep"):
            read_value(opening * 500_000)
        with pytest.raises(ValueError, match="nested too deep"):
            read_object(b'{"a":' + opening * 500_000, openings=10**7)
    finally:
        sys.setrecursionlimit(before)


def test_as_deep_as_allowed_is_read_and_brackets_in_texts_do_not_count():
    assert read_value(b"[" * DEEPEST + b"]" * DEEPEST)
    with pytest.raises(ValueError, match="nested too deep"):
        read_value(b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1))
    assert read_value(b'["[[[[", "\\"[[[["]', deepest=1) == ["[[[[", '"[[[[']
    assert read_value(b"[[],[],[]]", deepest=2) == [[], [], []]
