"""A corrected release reaches the copies that people work in.

Rules: ``domain.corrections``. Each copy remembers, in a hidden file, the release that it was
brought to last. A file is put in place at once, never half. What was done is written into
``CORRECTION.md`` beside the work. It happens when the server starts, every ten minutes, and
whenever the assignment list is looked at or a copy is handed in.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sandbox.domain.corrections import Fate, Step, beside, carried, plan
from sandbox.domain.coursework import assignment_name
from sandbox.hub.exchange.client import CourseDesk

STATE: Final = ".synak-release"
TOLD: Final = "CORRECTION.md"
WORDS: Final[Mapping[Fate, str]] = {
    Fate.REPLACED: "оңдолгону менен алмаштырылды · заменён исправленным · replaced by the"
    " corrected one",
    Fate.ADDED: "жаңы · новый · new",
    Fate.BESIDE: "өзгөртүүңүз сакталды, оңдолгону жанында · ваша работа сохранена, исправленный"
    " рядом · your work is kept, the corrected one lies beside",
}
HOW: Final = """\
Жоопторуңуз көчүрүлгөн оңдолгон дептерди карап чыгып, эскисинин атын өзгөртүп, оңдолгонуна
эскисинин атын бериңиз: баштапкы аттагы дептер гана бааланат.

Просмотрите исправленный блокнот, куда перенесены ваши ответы, переименуйте старый и дайте
исправленному его имя: оценивается только блокнот с исходным именем.

Look through the corrected notebook, which has your answers, rename the old one and give the
corrected one its name: only the notebook of the original name is graded.
"""


def remember(folder: Path, bundle: str) -> None:
    """Note which release a copy is of.

    Args:
        folder: the copy.
        bundle: the release's hash.
    """
    _place(folder / STATE, f"{bundle}\n".encode())


def bring_all(
    desk: CourseDesk, root: Path, every: Sequence[Mapping[str, Any]] | None = None
) -> list[str]:
    """Bring every copy in a home to the newest release of its assignment.

    Args:
        desk: of the course.
        root: where the copies lie.
        every: the assignments as the desk lists them; None: it is asked.

    Returns:
        What was done, a line for each file.
    """
    done: list[str] = []
    for released in desk.get("/assignments") if every is None else every:
        folder = root / assignment_name(released["assignment"])
        if folder.is_dir() and not folder.is_symlink():
            done += bring(desk, folder, released)
    return done


def bring(desk: CourseDesk, folder: Path, released: Mapping[str, Any]) -> list[str]:
    """Bring one copy to the newest release, without overwriting work.

    Args:
        desk: of the course.
        folder: the copy.
        released: the assignment as the desk lists it.

    Returns:
        What was done, a line for each file.
    """
    held = folder / STATE
    known = held.read_text("ascii", "replace").strip() if held.is_file() else ""
    if released["corrected_at"] is None or known in released["copies"]:
        return []
    place = f"/assignments/{released['assignment']}/releases"
    every = desk.get(place)
    old, new = _same_language(every, known)
    wanted = desk.files(f"{place}/{new['hash']}")
    steps = plan(
        _hashes(old),
        _hashes(new),
        {path: _sha((folder / path).read_bytes()) for path in wanted if (folder / path).is_file()},
        _handed_out(every),
    )
    before = desk.files(f"{place}/{old['hash']}") if steps else {}
    lines = [_do(folder, step, wanted[step.path], before.get(step.path, b"")) for step in steps]
    if lines:
        _tell(folder, released, lines)
    remember(folder, new["hash"])
    return lines


Copy = Mapping[str, Any]
"""What students got by a release in one language: hash and entries."""


def _same_language(every: Sequence[Mapping[str, Copy]], known: str) -> tuple[Copy, Copy]:
    """The release that a copy is of, and the newest in its language; else the first of all."""
    for release in every:
        for lang, copy in release.items():
            if copy["hash"] == known:
                return copy, every[-1].get(lang, every[-1][""])
    return every[0][""], every[-1][""]


def _do(folder: Path, step: Step, content: bytes, old: bytes) -> str:
    path = folder / step.path
    if step.fate is not Fate.BESIDE:
        _place(path, content)
        return f"- {step.path}: {WORDS[step.fate]}"
    if step.path.endswith(".ipynb"):
        content = carried(content, path.read_bytes(), old)
    number = 1
    while (folder / beside(step.path, number)).exists():
        number += 1
    name = beside(step.path, number)
    _place(folder / name, content)
    return f"- {step.path}: {WORDS[step.fate]}: {name}"


def _tell(folder: Path, released: Mapping[str, Any], lines: Sequence[str]) -> None:
    path = folder / TOLD
    said = path.read_text("utf-8", "replace") if path.is_file() else ""
    note = str(released["correction"])
    parts = ["# Оңдоо · Исправление · Correction", note, "\n".join(lines), HOW.strip()]
    _place(path, "\n\n".join([*([said.strip()] if said else []), *parts, ""]).encode())


def _place(path: Path, content: bytes) -> None:
    """Put a file in place whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=".synak-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(fresh).chmod(0o644)
        Path(fresh).replace(path)
    finally:
        Path(fresh).unlink(missing_ok=True)


def _hashes(copy: Copy) -> dict[str, str]:
    return {path: sha256 for path, sha256, _size in copy["entries"]}


def _handed_out(every: Sequence[Mapping[str, Copy]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for copy in (each for release in every for each in release.values()):
        for path, sha256 in _hashes(copy).items():
            found.setdefault(path, set()).add(sha256)
    return found


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
