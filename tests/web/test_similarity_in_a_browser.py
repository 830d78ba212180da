"""Similar works and a file on them at phone and desk width."""

from __future__ import annotations

import pytest

from sandbox.toolchain.layout import node_modules
from tests.web.course_world import hand_in
from tests.web.full_world import Full
from tests.web.served import served
from tests.web.test_course_time import seat
from tests.web.test_every_page import Found, _browser, _look
from tests.web.test_in_a_browser import chromium
from tests.web.test_similarity import LONG, PLACE, compared, pairs, renamed
from tests.web.test_similarity_files import FILE, opened, step

__all__ = ["chromium"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with served(tmp_path_factory.mktemp("desk"), host="localhost") as (desk, url):
        seat(desk)
        hand_in(desk, "lira", LONG)
        hand_in(desk, "marat", renamed(LONG) + "\n" + "x" * 300)
        compared(desk)
        opened(desk)
        step(desk, "lira", "answered")
        yield Found(Full(desk, {}), url)


@pytest.mark.parametrize(("width", "scheme", "lang"), [(360, "dark", "ky"), (1280, "light", "ru")])
def test_the_pages_have_no_findings(world, chromium, width, scheme, lang):
    axe = (node_modules() / "axe-core" / "axe.min.js").read_text("utf-8")
    for who, paths in (
        ("kanat", (PLACE, *pairs(world.full.desk), FILE, "/desk/similarity")),
        ("lira", (FILE,)),
    ):
        page = _browser(world, chromium, who, width=width, scheme=scheme, lang=lang)
        assert [(path, _look(page, path, axe)) for path in paths] == [(p, []) for p in paths]
        page.context.close()
