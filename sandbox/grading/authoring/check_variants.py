"""Checks of an assignment's variants, before anything is run.

Rules:

- One locked cell with the id ``variant`` gives every declared name a value that is declared, as
  ``NAME = value``, each on a line of its own, and does nothing else.
- A text has places (``{{NAME}}``) for declared names only, and none in a heading: headings name
  tasks wherever marks are shown, and there they are the same for everybody.
- No other cell gives a declared name a value: a test would read that one instead of the student's.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.domain.release import source_of
from sandbox.domain.variants import (
    CELL,
    PLACE,
    Parameter,
    Value,
    cell_with,
    is_variant,
    parameters_in,
)
from sandbox.grading.authoring.blocks import blocks_of
from sandbox.grading.authoring.check_cells import Cells
from sandbox.grading.authoring.description import FILE
from sandbox.grading.authoring.findings import Finding, fault, good
from sandbox.grading.authoring.texts import cell_name, nbgrader_of
from sandbox.kit.errors import InvalidInput


def declared_in(said: Mapping[str, Any] | None) -> tuple[Parameter, ...]:
    """The parameters of a description; none where it declares none, or none that can be read."""
    try:
        return parameters_in((said or {}).get("variants"))
    except InvalidInput:
        return ()


def check_variants(
    said: Mapping[str, Any] | None, notebooks: Mapping[str, Cells]
) -> Iterator[Finding]:
    """Hold the notebooks against what the description declares.

    Args:
        said: the description.
        notebooks: their cells by path.
    """
    parameters = declared_in(said)
    names = {each.name for each in parameters}
    found = [
        finding
        for path, cells in notebooks.items()
        for cell in cells
        for finding in (
            *_places(path, cell, names),
            *_taken(path, cell, names),
            *(_cell(path, cell, parameters) if cell_name(cell) == CELL else ()),
        )
    ]
    cells = [cell for each in notebooks.values() for cell in each if cell_name(cell) == CELL]
    if parameters and not cells:
        found.append(fault("variant_cell", FILE, CELL))
    yield from found
    if parameters and not found:
        yield good("variants", names=", ".join(each.name for each in parameters))


def _places(path: str, cell: dict[str, Any], names: set[str]) -> Iterator[Finding]:
    if cell.get("cell_type") != "markdown":
        return
    source = source_of(cell)
    for name in sorted({match[1] for match in PLACE.finditer(source)} - names):
        yield fault("variant_unknown", path, cell_name(cell), name=name)
    for block in blocks_of(source):
        if block.before.lstrip().startswith("#") and PLACE.search(block.key):
            yield fault("variant_heading", path, cell_name(cell))


def _taken(path: str, cell: dict[str, Any], names: set[str]) -> Iterator[Finding]:
    if cell.get("cell_type") != "code" or cell_name(cell) == CELL:
        return
    for name in sorted(names & _bound(source_of(cell))):
        yield fault("variant_taken", path, cell_name(cell), name=name)


def _bound(source: str) -> set[str]:
    """The names to which a cell gives a value for the cells after it, in its functions too."""
    try:
        inside = [symtable.symtable(source, "cell", "exec")]
    except SyntaxError:
        return set()
    found = set()
    for each in inside:  # grows while it is gone through
        inside += each.get_children()
        whole = each.get_type() == "module"
        found |= {
            symbol.get_name()
            for symbol in each.get_symbols()
            if (symbol.is_assigned() or symbol.is_imported())
            and (whole or symbol.is_declared_global())
        }
    return found


def _cell(path: str, cell: dict[str, Any], parameters: tuple[Parameter, ...]) -> Iterator[Finding]:
    about = nbgrader_of(cell)
    ours = about.get("locked") and not about.get("grade") and not about.get("solution")
    if not (parameters and ours and is_variant(cell)):
        yield fault("variant_cell", path, CELL)
        return
    source = source_of(cell)
    given = _assigned(source)
    allowed = {each.name: each.values for each in parameters}
    right = given is not None and set(given) == set(allowed)
    if not right or any(value not in allowed[name] for name, value in (given or {}).items()):
        yield fault("variant_values", path, CELL, names=", ".join(allowed))
        return
    for place in (0, -1):
        values = {each.name: each.values[place] for each in parameters}
        if _assigned(cell_with(source, values)) != values:
            yield fault("variant_values", path, CELL, names=", ".join(allowed))
            return


def _assigned(source: str) -> dict[str, Value] | None:
    """What a cell assigns; None when it does anything else."""
    try:
        lines = ast.parse(source).body
        return {
            line.targets[0].id: ast.literal_eval(line.value)  # type: ignore[attr-defined]
            for line in lines
        }
    except (SyntaxError, AttributeError, IndexError, ValueError):
        return None
