r"""Variants: each student works with values of their own.

Rules:

- An assignment names its parameters and what each may be: whole numbers of a range, or one of a
  few values. The values of a student follow from a secret seed of the course and the assignment
  and from the account's name, by HMAC-SHA256: the same at each hand-in, correction and grading,
  and not to be guessed, also by who knows the values of others.
- Values are put into the locked cell `CELL` and in place of ``{{NAME}}`` in texts. Whoever grades
  puts them into the teacher's version; what a submission says of them is never read.

>>> amount = Parameter("AMOUNT", range(100, 1000))
>>> mine = values_for([amount], bytes(32), AccountName("lira"))
>>> mine == values_for([amount], bytes(32), AccountName("lira")), 100 <= mine["AMOUNT"] < 1000
(True, True)
>>> cell_with("AMOUNT = 250  # som", {"AMOUNT": 300})
'AMOUNT = 300  # som'
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.domain.coursework import AssignmentName, CourseName
from sandbox.domain.notebooks import grade_id
from sandbox.domain.release import source_of
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AccountName

Value = int | str
CELL: Final = "variant"
"""The nbgrader id of the locked cell that holds the values."""
SEED_BYTES: Final = 32
MOST_PARAMETERS: Final = 12
MOST_VALUES: Final = 100
MOST: Final = 10**15
PLACE: Final = re.compile(r"\{\{([A-Z][A-Z0-9_]*)\}\}")
"""Where a text has a value."""
FORM: Final = (
    "NAME: {from: 100, to: 900, step: 50} or NAME: {one_of: [Osh, Talas]}; names in capitals, "
    "whole numbers or plain words, at least two values each"
)
_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]{0,31}")
_WORDS: Final = re.compile(r"\w(?:[\w .,-]{0,38}\w)?")


@dataclass(frozen=True, slots=True)
class Seed:
    """What the variants of an assignment follow from, kept by the service alone; ``seed``: hex."""

    course: CourseName
    assignment: AssignmentName
    seed: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter.

    Attributes:
        name: as the cell and the texts name it.
        values: what it may be, the edges first and last.
    """

    name: str
    values: Sequence[Value]


def parameters_in(declared: object) -> tuple[Parameter, ...]:
    """Read a declaration.

    Args:
        declared: of ``variants`` in ``course.yaml``; see `FORM`.

    Raises:
        InvalidInput: ``authoring.variants_form``.
    """
    if not isinstance(declared, Mapping) or not 0 < len(declared) <= MOST_PARAMETERS:
        raise InvalidInput("authoring.variants_form", form=FORM)
    found = tuple(Parameter(str(name), _values(said)) for name, said in declared.items())
    if not all(_NAME.fullmatch(each.name) and len(each.values) > 1 for each in found):
        raise InvalidInput("authoring.variants_form", form=FORM)
    return found


def _values(said: object) -> Sequence[Value]:
    """What a parameter may be; nothing where the declaration has another form."""
    if not isinstance(said, Mapping):
        return ()
    if set(said) == {"one_of"} and isinstance(said["one_of"], list):
        listed = said["one_of"]
        plain = all(_plain(each) for each in listed) and len({type(each) for each in listed}) == 1
        return tuple(listed) if plain and len(set(listed)) == len(listed) <= MOST_VALUES else ()
    if set(said) - {"step"} != {"from", "to"} or not all(_number(each) for each in said.values()):
        return ()
    first, last, step = (int(said.get(part, 1)) for part in ("from", "to", "step"))
    return range(first, last + 1, step) if step >= 1 and (last - first) % step == 0 else ()


def _number(value: object) -> bool:
    return type(value) is int and abs(value) <= MOST


def _plain(value: object) -> bool:
    """Whether a value reads the same in a text and in code."""
    return _number(value) or (type(value) is str and _WORDS.fullmatch(value) is not None)


def values_for(
    parameters: Iterable[Parameter], seed: bytes, student: AccountName
) -> dict[str, Value]:
    """The values of one student.

    Args:
        parameters: of the assignment.
        seed: of the course and the assignment, `SEED_BYTES`; a secret.
        student: whose; the name that an account keeps.
    """
    found = {}
    for each in parameters:
        digest = hmac.digest(seed, f"{student}\n{each.name}".encode(), "sha256")
        found[each.name] = each.values[int.from_bytes(digest, "big") % len(each.values)]
    return found


def samples(parameters: Sequence[Parameter]) -> tuple[dict[str, Value], ...]:
    """Values to try an assignment with: both edges of every parameter, and two in between.

    Args:
        parameters: none: there is nothing to try.
    """
    if not parameters:
        return ()
    edges = [{each.name: each.values[place] for each in parameters} for place in (0, -1)]
    seeds = [bytes([number]) * SEED_BYTES for number in (1, 2)]
    return (*edges, *(values_for(parameters, seed, AccountName("check")) for seed in seeds))


def filled(files: Mapping[str, bytes], values: Mapping[str, Value]) -> dict[str, bytes]:
    """The files of an assignment with somebody's values.

    Args:
        files: of what students get, or of the teacher's version.
        values: by name; none: nothing changes.
    """
    if not values:
        return dict(files)
    return {
        path: _notebook(content, values) if path.endswith(".ipynb") else content
        for path, content in files.items()
    }


def _notebook(content: bytes, values: Mapping[str, Value]) -> bytes:
    notebook = json.loads(content)
    for cell in notebook["cells"]:
        if cell.get("cell_type") == "markdown":
            cell["source"] = text_with(source_of(cell), values)
        elif is_variant(cell):
            cell["source"] = cell_with(source_of(cell), values)
            cell["metadata"]["nbgrader"].pop("checksum", None)  # it was of other values
    return (json.dumps(notebook, ensure_ascii=False, indent=1) + "\n").encode()


def is_variant(cell: Mapping[str, Any]) -> bool:
    """Whether a cell of the teachers' is the one that holds the values."""
    return cell.get("cell_type") == "code" and grade_id(cell) == CELL


def text_with(text: str, values: Mapping[str, Value]) -> str:
    """A text with values in their places; a place of another name stays."""
    return PLACE.sub(lambda match: str(values.get(match[1], match[0])), text)


def cell_with(source: str, values: Mapping[str, Value]) -> str:
    """The cell's code with other values; comments stay."""
    for name, value in values.items():
        line = re.compile(rf"^{name} = [^#\n]*?(?=[ ]*(?:#.*)?$)", re.MULTILINE)
        source = line.sub(f"{name} = {value!r}", source)
    return source
