"""Every page of the desk as each of its readers finds it, where everybody did their work.

Pages are found by following links and compared with the routes of the application, so that a new
page cannot escape: it is reached by somebody, or named in ``ONLY_BY_A_FORM``. Widths, schemes and
languages are spread over readers: each reader sees every page, each look meets every family.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from sandbox.toolchain.layout import node_modules
from tests.web import sweep
from tests.web.full_world import Full, fill
from tests.web.served import served
from tests.web.test_in_a_browser import chromium, context  # noqa: F401 - the browser
from tests.web.world import World

READERS = (
    *(None, "aigul", "bakyt", "cholpon", "sezim", "damira", "nazgul", "ermek", "feruza", "jyldyz"),
    *(
        "timur",
        "meerim",
        "operator",
        "lira",
        "kanat",
        "sultan",
        "burul",
        "saltanat",
        "omar",
        "customer",
        "payer",
        "merchant",
    ),
)
"""A stranger, a firm's four seats, a sponsor's two, chair and secretary of the Committee, an
auditor, an expert, the intelligence service, the operator, a student, two teachers, a
coordinator of a department, another authority, another firm, and three people with phones."""
LOOKS = tuple(
    (width, scheme, lang)
    for width, scheme, lang in (
        *((360, "dark", "ky"), (1280, "light", "ru"), (768, "dark", "en"), (1920, "light", "ky")),
        *((360, "light", "ru"), (1280, "dark", "ky"), (768, "light", "ky"), (1920, "dark", "ru")),
    )
)
CASE = "/desk/courses/{course}/investigations/{investigation}/cases/{case}"
EXAM_ROOM = "/desk/courses/{course}/exams/{assignment}/rooms/{room}"
NO_PAGES = frozenset(
    {
        *("/", "/desk", "/desk/c", "/desk/healthz", "/desk/sign-in", "/desk/oauth_callback"),
        *("/desk/language/{lang}", "/desk/notices/{entry}", "/desk/audit/proof", "/desk/c/out"),
        "/desk/explorer/search",
        *("/desk/outside/{provider}", "/desk/outside/{provider}/callback"),
        "/desk/confirm/{act}/{provider}",
        *("/desk/lti/{platform}/login", "/desk/lti/{platform}/open"),
        *("/desk/lti/keys.json", "/desk/lti/{platform}/tool.json"),
        "/desk/courses/{course}/{assignment}/open",
        # parts that a script asks for
        *("/desk/permits/{number}/live", "/desk/permits/{number}/alerts"),
        "/desk/explorer/{chain}/live",
        "/desk/courses/{course}/{assignment}/progress",
        "/desk/courses/{course}/exams/{assignment}/seats",
        # files
        *("/desk/courses/{course}/bookings/seats.ics", "/desk/certificates/offline.html"),
        *("/desk/audit/head.json", "/desk/intelligence/reports.csv", "/desk/cohort/alerts.csv"),
        *("/desk/files/{file_id}/report.pdf", "/desk/files/{file_id}/settlement.csv"),
        *("/desk/public/permits/{number}/qr.svg", "/desk/evidence/replays/{task}/verdict"),
        *("/desk/permits/{number}/refusals.csv", "/desk/suspicion/{number}/report.pdf"),
        *("/desk/suspicion/{number}/report.json", "/desk/files/{file_id}/file.pdf"),
        "/desk/files/{file_id}/export/{task}.zip",
        *("/desk/receipts/{course}/{submission}.json", "/desk/similarity/{number}/file.json"),
        "/desk/courses/{course}/{assignment}/lesson/{picture}",
        *(f"/desk/courses/{{course}}/sheets/draft.{form}" for form in ("pdf", "xlsx")),
        *(f"/desk/courses/{{course}}/sheets/{{sheet}}/sheet.{form}" for form in ("pdf", "xlsx")),
        *(f"{EXAM_ROOM}/attendance.{form}" for form in ("pdf", "xlsx")),
        *(f"{CASE}/answer.json", f"{CASE}/case.json", f"{CASE}/papers/{{number}}"),
        *(f"{CASE}/chains.zip", f"{CASE}/whole.zip", f"{CASE}/case.pdf"),
        "/desk/courses/{course}/investigations/{investigation}/cases.pdf",
        *(f"{CASE}/answer.json", f"{CASE}/case.json"),
        "/desk/courses/{course}/investigations/rules/pseudonyms.csv",
        "/desk/certificates/{certificate}/{form}.jwt",
        "/desk/public/certificate-lists/{number}.jwt",
        "/desk/marks/{index}.json",
        "/desk/committee/minutes/{number}/document.json",
        "/desk/explorer/{chain}/addresses/{address}/movements.csv",
        "/desk/audit/pages/{number}/scans/{scan}",
        "/desk/suspicion/{number}/documents/{document}",
        "/desk/suspicion/requests/{number}/documents/{document}",
        "/desk/expert/{invitation}/documents/{document_id}",
        "/desk/paper-cases/{case_id}/scans/{scan_id}",
        "/desk/files/{file_id}/letters/{decision_id}/letter.pdf",
        "/desk/files/{file_id}/documents/{document_id}",
        "/desk/files/{file_id}/letters/{decision_id}/signatures/{signature_id}",
    }
)
"""Routes that answer with no page of their own."""
ONLY_BY_A_FORM = frozenset(
    {
        # after a form, and looked at by the tests of that form
        *("/desk/c/left", "/desk/c/join/{code}", "/desk/c/acts/{act_id}"),
        *("/desk/permits/{number}/wallets/{wallet}", "/desk/cohort/rules/draft"),
        "/desk/cohort/pack/draft",
        "/desk/files/{file_id}/graduation/{decision_id}",
        *("/desk/outside", "/desk/confirm/{act}"),
        # of a case that was executed: test_executed_investigations
        f"{CASE}/transactions/{{tx}}",
        # of a chain that really runs: test_explorer_browser
        "/desk/explorer/{chain}/addresses/{address}",
        "/desk/explorer/{chain}/addresses/{address}/read",
        "/desk/explorer/{chain}/transactions/{digest}",
    }
)
"""Pages that no link leads to in this world."""
SAME = "/desk/explorer"
"""Shows the first chain's page."""
FAULTS = (Path(__file__).parent / "page_faults.js").read_text("utf-8").partition("() =>")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = f"axe.run(document, {{resultTypes: ['violations'], runOnly: {TAGS}}})"
OPEN = "document.querySelectorAll('details').forEach(each => { each.open = true })"


@dataclass
class Found:
    """What a walk found.

    Attributes:
        full: the world.
        url: where it answers.
        pages: by reader, then by address: its text, in Kyrgyz.
    """

    full: Full
    url: str
    pages: dict[str | None, dict[str, str]] = field(default_factory=dict)

    def reader(self, name: str | None) -> dict[str, str]:
        """The pages of a reader; walked once."""
        if name not in self.pages:
            phone = self.full.phones.get(name or "")
            client = phone.client if phone else self.full.desk.browser(name, "ky").client
            client.headers["accept-language"] = "ky"
            self.pages[name] = sweep.walk(client, ["/desk/c/" if phone else "/desk/"])
        return self.pages[name]

    def routes(self, name: str | None) -> dict[str, str]:
        """One address of each route that a reader reaches."""
        found: dict[str, str] = {}
        for path in self.reader(name):
            found.setdefault(sweep.route_of(self.full.desk, path), path)
        return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    with served(tmp_path_factory.mktemp("desk"), host="localhost", passkeys=True) as (desk, url):
        yield Found(fill(desk), url)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_page_is_in_its_readers_language_with_one_heading_and_a_title_of_its_own(
    world: Found,
) -> None:
    typed, found = sweep.typed_words(world.full.desk), []
    for name in READERS:
        for path, text in world.reader(name).items():
            seen = sweep.read(text)
            assert seen.lang == "ky", path
            wrong = sweep.wrong_words(path, seen, typed) + sweep.wrong_frame(seen)
            found += [f"{name} {path}: {each}" for each in wrong]
        pages = world.reader(name)
        titles = {
            route: sweep.read(pages[path]).title
            for route, path in world.routes(name).items()
            if route != SAME
        }
        found += [f"{name}: {each}" for each in sweep.same_titles(titles)]
    assert not found, "\n".join(found)


@pytest.mark.slow
def test_every_route_is_a_page_that_somebody_reaches_by_links(world: Found) -> None:
    reached = {route for name in READERS for route in world.routes(name)}
    every = {path for path, _ in sweep.patterns(world.full.desk)}
    assert every - reached == NO_PAGES | ONLY_BY_A_FORM


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_page_has_findings_at_any_width_in_any_scheme(
    world: Found,
    chromium: Browser,  # noqa: F811
) -> None:
    axe = (node_modules() / "axe-core" / "axe.min.js").read_text("utf-8")
    found, known, seen, turn = [], set(), Counter(), 0
    for name in READERS:
        by_look: dict[int, list[str]] = {}
        for route, path in world.routes(name).items():
            shapes = sweep.read(world.reader(name)[path]).shapes
            if not shapes - known and seen[route]:
                continue  # a page that was looked at, made of parts that were looked at
            known, turn = known | shapes, turn + 1
            seen[route] += 1
            by_look.setdefault(turn % len(LOOKS), []).append(path)
        for look, paths in by_look.items():
            width, scheme, lang = LOOKS[look]
            page = _browser(world, chromium, name, width=width, scheme=scheme, lang=lang)
            for path in paths:
                found += [
                    f"{name} {width} {scheme} {lang} {each}" for each in _look(page, path, axe)
                ]
            page.context.close()
    assert not found, "\n".join(found)


def _browser(
    world: Found, browser: Browser, name: str | None, *, width: int, scheme: str, lang: str
) -> Page:
    phone = world.full.phones.get(name or "")
    people = context(
        (world.full.desk, world.url),
        browser,
        None if phone else name,
        lang=lang,
        width=width,
        color_scheme=scheme,
        bypass_csp=True,
    )
    if phone:
        kept = [(each.name, each.value) for each in phone.client.cookies.jar]
        people.add_cookies(
            [{"name": key, "value": value, "url": f"{world.url}/desk/"} for key, value in kept]
        )
    return people.new_page()


def _look(page: Page, path: str, axe: str) -> list[str]:
    """Open a page with every fold open; what axe and the eye would object to."""
    page.goto(path)
    page.evaluate(OPEN)
    found = [f"{path}: {each}" for each in page.evaluate("".join(FAULTS[1:]))]
    page.evaluate(axe)
    for each in page.evaluate(AXE)["violations"]:
        places = [node["target"][0] for node in each["nodes"][:3]]
        found.append(f"{path}: {each['id']} {places}")
    return found


def test_pages_of_a_small_world_have_their_frame_and_their_words(desk: World) -> None:
    """The quick part: what a stranger and a firm meet on their first day, in Kyrgyz."""
    desk.granted()
    desk.refuse("SB-2026-0001")
    typed, found, met = sweep.typed_words(desk), [], set()
    for name in (None, "aigul"):
        for path, text in sweep.walk(desk.browser(name, "ky").client, ["/desk/"], 1).items():
            met.add(sweep.route_of(desk, path))
            seen = sweep.read(text)
            wrong = sweep.wrong_words(path, seen, typed) + sweep.wrong_frame(seen)
            found += [f"{name} {path}: {each}" for each in wrong]
    assert not found, "\n".join(found)
    assert len(met) > 20
