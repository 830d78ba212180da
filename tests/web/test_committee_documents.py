"""Minutes rest on the documents that the Committee had before it, not on their names."""

from __future__ import annotations

import re

import pytest

from tests.web.papers_world import attach, documents, give_back, sign, submit, take_up
from tests.web.test_committee_pages import ballot_path, constitute, signed, sitting_with
from tests.web.world import LIMITS, World

pytestmark = pytest.mark.slow

READ = b"Client money in a segregated account."


def _recommended(desk: World, file_id: str) -> str:
    """Closed minutes that recommend a grant."""
    feruza = desk.browser("feruza")
    place = sitting_with(desk, file_id)
    form = {"motion": "recommend_grant", "text": "In order."}
    votes = {"vote.ermek": "for", "vote.gulnara": "for"}
    path = ballot_path(feruza.get(place).text)
    assert feruza.act(path, form | votes).status_code == 303
    assert feruza.act(f"{place}/end").status_code == 303
    return signed(desk, place)


def _attached_anew(desk: World, file_id: str, name: str, content: bytes | None) -> None:
    aigul = desk.browser("aigul")
    (old,) = documents(desk, file_id).values()
    gone = aigul.act(f"/desk/files/{file_id}/documents/{old}/remove")
    assert gone.status_code == 303, gone.text
    if content is not None:
        assert attach(aigul, file_id, name, content).status_code == 303


@pytest.mark.parametrize(
    ("name", "content", "holds"),
    [
        ("renamed.txt", READ, True),
        ("safeguards.txt", b"Client money is mixed with our own.", False),
        ("none", None, False),
    ],
)
def test_minutes_hold_for_the_same_documents_and_for_no_others(
    desk: World, name: str, content: bytes | None, holds: bool
) -> None:
    file_id = desk.draft()
    assert attach(desk.browser("aigul"), file_id, "safeguards.txt", READ).status_code == 303
    submit(desk, file_id)
    sign(desk, file_id)
    take_up(desk, file_id)
    constitute(desk)
    number = _recommended(desk, file_id)
    ermek = desk.browser("ermek")
    give_back(desk, file_id)
    _attached_anew(desk, file_id, name, content)
    submit(desk, file_id)
    sign(desk, file_id)
    take_up(desk, file_id)
    offered = re.search(rf'value="{number}"', ermek.get(f"/desk/files/{file_id}").text)
    assert bool(offered) is holds
    form = LIMITS | {"reasons": "As advised.", "minutes": number}
    done = ermek.act(f"/desk/files/{file_id}/grant", form)
    assert done.status_code == (303 if holds else 409), done.text
    assert ("committee.application_changed" in done.text) is not holds
