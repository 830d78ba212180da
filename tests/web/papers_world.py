"""Steps with documents: a draft that has some, submitted, returned and submitted again."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from tests.web.world import Browser, World


def attach(
    browser: Browser, file_id: str, name: str, content: bytes, **fields: str
) -> httpx.Response:
    """Send a document as the form does."""
    return browser.post(
        f"/desk/files/{file_id}/documents",
        {"kind": "other"} | fields,
        files={"upload": (name, content, "application/octet-stream")},
    )


def documents(desk: World, file_id: str) -> dict[str, str]:
    """What is attached now: name to id."""
    with desk.parts.store.unit(read_only=True) as u:
        found = u.documents.of_file(file_id)
    return {each.name: each.id for each in found if each.ended_at is None}


def bytes_kept(desk: World, file_id: str) -> list[Path]:
    """Every file that lies in the file's folder, whatever it is."""
    folder = desk.parts.blobs / "papers" / file_id
    return [path for path in folder.rglob("*") if path.is_file()]


def submit(desk: World, file_id: str) -> None:
    """The applicant submits the draft."""
    aigul = desk.browser("aigul")
    page = aigul.get(f"/desk/files/{file_id}/form?section=check").text
    revision = re.search(r'name="revision" value="(\d+)"', page)[1]
    done = aigul.act(f"/desk/files/{file_id}/submit", {"revision": revision})
    assert done.status_code == 303, done.text


def sign(desk: World, file_id: str) -> None:
    """The sponsor signs."""
    here = f"/desk/files/{file_id}"
    done = desk.browser("damira").sign(here, f"{here}/sponsor-signature", {"understood": "yes"})
    assert done.status_code == 303, done.text


def take_up(desk: World, file_id: str) -> None:
    """A regulator takes the file up."""
    done = desk.browser("ermek").act(f"/desk/files/{file_id}/take-up")
    assert done.status_code == 303, done.text


def give_back(desk: World, file_id: str) -> None:
    """The regulator returns the application."""
    fields = {"reasons": "The caps are missing."}
    done = desk.browser("ermek").act(f"/desk/files/{file_id}/return", fields)
    assert done.status_code == 303, done.text


def save(desk: World, file_id: str, section: str, **fields: str) -> None:
    """The applicant changes fields of a section."""
    aigul, path = desk.browser("aigul"), f"/desk/files/{file_id}/form?section={section}"
    revision = re.search(r'id="revision" value="(\d+)"', aigul.get(path).text)[1]
    done = aigul.post(path, fields | {"revision": revision})
    assert done.status_code == 303, done.text
