"""Walking the desk as a reader does, and what is wrong with a page that was found.

Pages are found by following links, so that a new one is looked at from its first day.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from sqlalchemy import text as sql
from sqlmodel import SQLModel

from tests.web.seams import PEOPLE
from tests.web.world import World

FILES: Final = re.compile(
    r"\.(csv|json|jwt|pdf|zip|xlsx|svg|css|js|txt|eml|html|docx|png)$"
    r"|/(documents|scans|signatures|notices|verdict)/|/(live|events|verdict|search)$|form=(csv|xlsx|pdf)"
)
ELSEWHERE: Final = (
    *("/desk/sign-in", "/desk/sign-out", "/desk/language", "/desk/static", "/desk/api"),
    "/desk/c/out",
)
VOID: Final = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"]
)
LATIN: Final = re.compile(r"[A-Za-z][A-Za-z'’]+")
TYPED: Final = re.compile(
    r"https?://\S+|\b0x[0-9a-fA-F…]+|\S+@\S+|\b\w+\.(?:pdf|md|sol|ipynb)\b"
    r"|\bregister-\d+\b|\bwh_[0-9a-f]+\b|\b(?:submission|certificate)/[0-9a-f]+\b"
)
"""Addresses, numbers and names of files: nobody translates them."""
CODE: Final = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b|\b[a-z]{2,}\.[a-z_]{3,}\b")
RAW: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}|\bNone\b|\bTrue\b|\bFalse\b|%\(|\{|\}")
LONG: Final = re.compile(r"(?<![\w./:#(-])\d{5,}(?![\w.-])")
KEPT: Final = frozenset(
    LATIN.findall(
        "Synak KGST CSV XLSX PDF JSON QR EIP HTTPS IP URL ID API SHA JavaScript Jupyter Merkle "
        "BNB Solidity GPA ZIP PNG JPEG DOCX TXT MD SIG ASC KG KZ KY RU EN RPC ISO RFC PIN OpenAPI "
        # of commands, functions and the like, in the middle of a sentence
        "synak nbgrader "
        "audit verify witness per_transaction outstanding_cap max_customers transfer address "
        "eth_call eth_getLogs permitOf SupervisedLedger standard input openzeppelin contracts Shop "
        "commit QX solc English https Supervisor ChangeRegulator' changeRegulator' USDKG "
        "Open Badges "
        # policies of tracing by their names, and for whom a case is a file
        "FIFO LIFO LIBR fifo Python"
    )
)
"""Names, and what is written in these letters in every language."""
ACCOUNTS: Final = frozenset(
    {*PEOPLE, "burul", "kanat", "omurbekovy", "saltanat", "sultan", "sezim", "zarina"}
)
"""Names of accounts, known where a page names an account and not a person."""
ACCOUNTS_MEANT: Final = re.compile(
    r"^/desk/(me|members|audit|evidence|keys|sign-in|explorer|cohort/record|c)\b"
    r"|^/desk/files/[^/]+/data$|^/desk/courses/[^/]+/people$|^/desk/departments/"
)
"""Pages where accounts are what is shown: the reader's own, lists of members, the logs, what
stays of an erased account."""
EXAMPLES: Final = (
    *("per_transaction", "outstanding_cap", "max_customers", "eth_call", "eth_getLogs"),
    *("course/digital-money-finance-2526-1", "course/digital-money-finance-2627-2"),
    *("digital-money-finance-2526-1", "digital-money-finance-2627-2", "department/finance"),
    *("course/digital-money", "digital-money"),
)
"""Words that a form takes as they are, what the log says an act was about, names of courses."""


@dataclass
class Node:
    """One element that is open."""

    tag: str
    classes: frozenset[str]
    lang: str
    quiet: bool


@dataclass
class Seen:
    """What a page says, as a parser finds it.

    Attributes:
        words: visible text by where it stands (class path of two), quiet parts left out.
        headings: level and text of each heading, in order.
        shapes: each kind of element that is on the page.
    """

    lang: str = ""
    title: str = ""
    words: list[str] = field(default_factory=list)
    headings: list[tuple[int, str]] = field(default_factory=list)
    shapes: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    forms: list[tuple[str, str]] = field(default_factory=list)


class _Parser(HTMLParser):
    """Reads a page of ours: everything is closed that is opened."""

    QUIET = frozenset(["script", "style", "textarea", "code", "pre"])
    QUIET_CLASS = frozenset(
        ["mono", "secret", "code", "as-written", "prose-lines", "languages", "exam-code"]
    )
    SAID = ("title", "aria-label", "placeholder", "alt", "data-label", "data-stale")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen, self.open = Seen(), [Node("", frozenset(), "", False)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        found = {name: value or "" for name, value in attrs}
        classes, above = frozenset(found.get("class", "").split()), self.open[-1]
        quiet = above.quiet or tag in self.QUIET or bool(classes & self.QUIET_CLASS)
        node = Node(tag, classes, found.get("lang", above.lang), quiet)
        if tag == "html":
            self.seen.lang = node.lang
        if node.lang == self.seen.lang and not quiet:
            self.seen.words += [found[each] for each in self.SAID if found.get(each)]
        self.seen.shapes.add(
            f"{above.tag}>{tag}.{'.'.join(sorted(classes))}#{found.get('type', '')}"
        )
        if tag == "a" and "href" in found:
            self.seen.links.append(found["href"])
        if tag == "form":
            self.seen.forms.append((found.get("method", "get"), found.get("action", "")))
        if re.fullmatch(r"h[1-6]", tag):
            self.seen.headings.append((int(tag[1]), ""))
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element of a drawing that has nothing inside."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        while len(self.open) > 1 and self.open.pop().tag != tag:
            continue

    def handle_data(self, data: str) -> None:
        """Text."""
        node, said = self.open[-1], " ".join(data.split())
        if not said:
            return
        if node.tag == "title" and any(each.tag == "head" for each in self.open):
            self.seen.title += said
        if self.seen.headings and any(re.fullmatch(r"h[1-6]", each.tag) for each in self.open):
            level, before = self.seen.headings[-1]
            self.seen.headings[-1] = (level, f"{before} {said}".strip())
        if not node.quiet and node.lang == self.seen.lang:
            self.seen.words.append(said)


def read(page: str) -> Seen:
    """What a page says."""
    parser = _Parser()
    parser.feed(page)
    return parser.seen


def kind(path: str) -> str:
    """What kind of page an address is: names with a digit in them are names of things."""
    parts = urlsplit(path)
    names = [("…" if re.search(r"\d", each) else each) for each in parts.path.split("/")]
    section = re.search(r"section=\w+", parts.query)
    return "/".join(names) + (f"?{section[0]}" if section else "")


def route_of(desk: World, path: str) -> str:
    """The pattern among the desk's routes that an address is of."""
    place = urlsplit(path).path
    for route in patterns(desk):
        if route[1].match(place):
            return route[0]
    return ""


def patterns(desk: World, method: str = "GET") -> list[tuple[str, re.Pattern[str]]]:
    """Every address that answers to a method, as the application has it."""
    found, todo = [], list(desk.app.routes)
    while todo:
        route = todo.pop()
        todo += getattr(getattr(route, "original_router", None), "routes", [])
        if method in (getattr(route, "methods", None) or ()):
            found.append((route.path, route.path_regex))
    return sorted(found, key=lambda each: each[0].count("{"))


OF_A_LAB = re.compile(r"/investigations/[^/?]+(/cases/[^/?]+)?$")
"""Pages of one kind that lead elsewhere by the lab that they are about."""
LABS_OF_A_COURSE = 8


def walk(client: Any, start: Iterable[str], most_of_a_route: int = 1) -> dict[str, str]:
    """Follow links: the text of one page of each kind, by its address.

    Args:
        client: a browser of somebody, with ``get``.
        start: where to begin.
        most_of_a_route: so many pages are kept that differ in nothing but names of things, if
            what stands on them is different.
    """
    todo, found = list(start), {}
    tried: set[str] = set()
    kinds: dict[str, list[set[str]]] = {}
    while todo:
        path = todo.pop(0)
        same = kinds.setdefault(kind(path), [])
        most_tried = LABS_OF_A_COURSE if OF_A_LAB.search(path) else most_of_a_route
        if path in tried or len(same) > most_tried:
            continue
        tried.add(path)
        answer = client.get(path)
        assert answer.status_code < 500, path
        if answer.status_code != 200 or "text/html" not in answer.headers["content-type"]:
            continue
        seen = read(answer.text)
        new = seen.shapes - set().union(*same)
        same.append(seen.shapes)
        if new and sum(kind(each) == kind(path) for each in found) < most_of_a_route:
            found[path] = answer.text
        for link in seen.links:
            to = urlsplit(urljoin(path, link))
            place = to.path + (f"?{to.query}" if to.query else "")
            ours = not to.netloc and place.startswith("/desk/")
            if ours and not place.startswith(ELSEWHERE) and not FILES.search(place):
                todo.append(place)
    return found


def typed_words(desk: World) -> frozenset[str]:
    """Words that people typed into this desk: sentences and names in the store."""
    found: set[str] = set()
    with desk.parts.store.engine.connect() as connection:
        for name in SQLModel.metadata.tables:
            for row in connection.execute(sql(f'SELECT * FROM "{name}"')):
                for value in row:
                    if isinstance(value, str):
                        found |= _typed(value)
    return frozenset(found)


def _typed(value: str) -> Iterator[str] | set[str]:
    if value.startswith(("{", "[")):
        return {
            word
            for each in re.findall(r'"((?:[^"\\]|\\.)*)"', value)
            for word in _typed("" if each.startswith(("{", "[")) else each)
        }
    if " " in value or value[:1].isupper() or "." in value:
        return set(LATIN.findall(value))
    return set()


def wrong_words(path: str, seen: Seen, typed: frozenset[str]) -> list[str]:
    """Words in another language than the page's, codes, accounts for people, figures as stored."""
    accounts = ACCOUNTS if ACCOUNTS_MEANT.match(path) else frozenset()
    found, known = [], KEPT | typed | accounts | {"system"}
    for said in seen.words:
        text = TYPED.sub("", said)
        for each in EXAMPLES:
            text = text.replace(each, "")
        if RAW.search(text) or CODE.search(text) or LONG.search(text):
            found.append(said)
        elif seen.lang != "en":
            strange = [each for each in LATIN.findall(text) if each not in known]
            found += [f"{' '.join(strange)}: {said}"] if strange else []
    return found


def wrong_frame(seen: Seen) -> list[str]:
    """Headings, title and language of a page."""
    found, levels = [], [level for level, _ in seen.headings]
    if levels.count(1) != 1:
        found.append(f"{levels.count(1)} headings of the first level")
    before = 0
    for level, said in seen.headings:
        if level > before + 1:
            found.append(f"a heading of level {level} after {before}: {said}")
        before = level
        if not said:
            found.append(f"a heading of level {level} says nothing")
    if not seen.title.removesuffix("· Synak").strip():
        found.append("no title")
    return found


def same_titles(titles: Mapping[str, str]) -> list[str]:
    """Titles that several pages share.

    Args:
        titles: title by route.
    """
    counted = Counter(titles.values())
    return [f"{title}: {route}" for route, title in titles.items() if counted[title] > 1]
