"""A restore names each paper whose bytes are not there, and none that is."""

from __future__ import annotations

from pathlib import Path

from sandbox.services.papers_kept import missing_papers
from tests.support.papers import pdf, png
from tests.web.papers_world import attach
from tests.web.test_letters import decided, issue
from tests.web.test_paper_cases import entered, scan
from tests.web.world import World


def missing(desk: World) -> list[str]:
    with desk.parts.store.unit(read_only=True) as u:
        return [each.partition(" ")[0] for each in missing_papers(u, desk.parts.blobs)]


def lies(desk: World, of: str) -> Path:
    """The one file that lies for a file or a case."""
    (found,) = (each for each in (desk.parts.blobs / "papers" / of).rglob("*") if each.is_file())
    return found


def test_documents_and_scans_without_their_bytes_are_named(desk: World) -> None:
    file_id = desk.draft()
    assert attach(desk.browser("aigul"), file_id, "plan.pdf", pdf()).status_code == 303
    case = entered(desk)
    assert scan(desk, case, "order.png", png()).status_code == 303
    assert missing(desk) == []
    case = case.rpartition("/")[2]
    lies(desk, file_id).unlink()
    assert missing(desk) == [file_id]
    lies(desk, case).unlink()
    assert missing(desk) == [file_id, case]


def test_a_letter_without_its_bytes_is_named(desk: World) -> None:
    file_id, path = decided(desk)
    assert issue(desk, path).status_code == 303
    assert missing(desk) == []
    lies(desk, file_id).unlink()
    assert missing(desk) == [file_id]
