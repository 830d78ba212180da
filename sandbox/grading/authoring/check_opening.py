"""What a notebook's opening says of itself: tasks, points and minutes, as they are.

The opening is the text cell ``intro``. One of its paragraphs begins with the three numbers, in
digits and in this order: "6 tasks, 24 points, 120 minutes". Translations have the same numbers, as
``check_texts`` wants them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sandbox.domain.notebooks import heading_of
from sandbox.domain.release import source_of
from sandbox.grading.authoring.blocks import blocks_of, without_code
from sandbox.grading.authoring.check_cells import Cells
from sandbox.grading.authoring.findings import Finding, fault, good
from sandbox.grading.authoring.texts import cell_name, is_text, nbgrader_of

OPENING: Final = "intro"


def check_opening(file: str, cells: Cells, said: Mapping[str, Any] | None) -> Iterator[Finding]:
    """Hold the opening against the cells and ``course.yaml``; a notebook without one says nothing.

    Args:
        file: the notebook's path.
        cells: as they lie in the file.
        said: the description, if it can be read.
    """
    opening = next((cell for cell in cells if cell_name(cell) == OPENING), None)
    if opening is None or not is_text(opening) or said is None:
        return
    wanted = [str(part) for part in (_tasks(cells), said.get("points"), said.get("minutes"))]
    blocks = (without_code(block.key) for block in blocks_of(source_of(opening)))
    if any(re.findall(r"\d+", text)[:3] == wanted for text in blocks):
        yield good("opening", file)
    else:
        tasks, points, minutes = wanted
        yield fault("opening_differs", file, OPENING, tasks=tasks, points=points, minutes=minutes)


def _tasks(cells: Cells) -> int:
    """How many tasks have a place for an answer: the headings over them."""
    heading, found = "", set[str]()
    for cell in cells:
        if is_text(cell):
            heading = heading_of(source_of(cell)) or heading
        elif nbgrader_of(cell).get("solution"):
            found.add(heading)
    return len(found)
