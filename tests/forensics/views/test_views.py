"""Pictures: whole SVG, everything on it or counted, in the reader's words, the same each time."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from sandbox.forensics import Ledger, Stop, trace
from sandbox.forensics.accounts import ZERO
from sandbox.forensics.views import Asset, Choice, explore, flow, graph, timeline
from sandbox.forensics.views.layers import COLUMNS, layers_of
from sandbox.locale import LANGUAGES
from tests.forensics.exhibits import samples

SVG = "{http://www.w3.org/2000/svg}"
VIEWS = (flow, graph, timeline)
MARKS = {
    "ky": "Окуу материалы, далил эмес.",
    "ru": "Учебный материал, не доказательство.",
    "en": "Training material, not evidence.",
}


def read(view):
    root = ET.fromstring(view.svg)
    assert root.tag == f"{SVG}svg"
    return root


def said(root, kind):
    return [each.text or "" for each in root.iter(f"{SVG}{kind}")]


def crowd(count, *, rounds=3, seed=1):
    """A fan-out to many accounts, which pay each other."""
    chance = random.Random(seed)
    names = [f"0x{number:040x}" for number in range(1, count + 1)]
    moves = [(ZERO, samples.VICTIM, 10**6), (samples.VICTIM, samples.THIEF, 10**6)]
    held = {samples.THIEF: 10**6}
    for name in names:
        moves.append((samples.THIEF, name, 1_000))
        held[name] = 1_000
    for _ in range(rounds * count):
        payer, payee = chance.sample(names, 2)
        value = chance.randint(0, held[payer])
        moves.append((payer, payee, value))
        held[payer] -= value
        held[payee] += value
    return Ledger.read(samples.table(moves))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", VIEWS)
def test_a_picture_says_what_it_shows_in_the_readers_words(view, language):
    found = samples.found(samples.ledger(scale=samples.WHOLE))
    made = view(found, language=language, asset=Asset("KGST", 18))
    root = read(made)
    assert root.get("role") == "img"
    assert said(root, "title")[0] == made.title
    assert "fifo" in made.title
    description = said(root, "desc")[0]
    assert "700 KGST" in description
    assert "250 KGST" in description
    assert MARKS[language] in said(root, "text")
    if language != "en":
        assert re.search("[а-яөүң]", description)
    assert made.svg == view(found, language=language, asset=Asset("KGST", 18)).svg


def test_a_flow_has_a_band_for_each_pair_and_a_bar_for_each_account():
    found = samples.found()
    root = read(flow(found))
    titles = said(root, "title")[1:]
    assert titles[:3] == [
        f"{samples.VICTIM} → {samples.THIEF}: 700 minor units, movements: 1.",
        f"{samples.THIEF} → {samples.MULE}: 600 minor units, movements: 1.",
        f"{samples.MULE} → {samples.SHOP}: 250 minor units, movements: 1.",
    ]
    widths = [float(each.get("stroke-width")) for each in root.iter(f"{SVG}path")]
    assert widths[0] / widths[2] == pytest.approx(700 / 250, abs=0.01)
    bars = [e for e in root.iter(f"{SVG}rect") if e.get("width") == "14.0"]
    assert [float(e.get("x")) for e in bars] == sorted(float(e.get("x")) for e in bars)
    assert len(bars) == 4
    assert "exchange" in said(root, "text")


def test_a_graph_has_a_square_for_a_service_and_a_point_for_the_others():
    view = graph(samples.found())
    root = read(view)
    assert len(list(root.iter(f"{SVG}circle"))) == 3
    assert any(title.startswith(samples.SHOP) for title in said(root, "title"))
    assert view.table["stopped"].to_list().count("250") == 1


def test_a_timeline_is_by_moment_or_else_by_block():
    by_time = read(timeline(samples.found()))
    assert "2026-03-03 09:00" in said(by_time, "text")
    assert "UTC" in said(by_time, "text")
    bare = Ledger.read(samples.table().drop("time"))
    by_block = read(timeline(samples.found(bare)))
    assert {"2", "5", "block"} <= set(said(by_block, "text"))
    assert len(list(by_block.iter(f"{SVG}circle"))) == 2
    places = [float(each.get("cx")) for each in by_block.iter(f"{SVG}circle")]
    assert places == sorted(places)


@pytest.mark.parametrize("view", VIEWS)
def test_backward_and_a_single_movement_are_drawn(view):
    back = samples.found(seeds=[4], backward=True, policy="lifo")
    titles = said(read(view(back)), "title")
    assert any(samples.SHOP in title for title in titles)
    alone = samples.ledger(moves=samples.MOVES[:2])
    assert read(view(samples.found(alone)))
    issued = trace(samples.ledger(), "haircut", [4], backward=True)
    assert "issued or destroyed" in " ".join(said(read(flow(issued)), "text"))


def test_a_trace_that_moved_nothing_is_an_empty_picture():
    nothing = samples.ledger(moves=((ZERO, samples.VICTIM, 5), (samples.VICTIM, samples.SHOP, 0)))
    for view in VIEWS:
        assert read(view(samples.found(nothing)))


def test_what_is_not_drawn_is_counted_and_the_table_is_whole():
    found = trace(crowd(90), "haircut", [1])
    layers = layers_of(found.hops, most=40)
    assert sum(map(len, layers.columns)) == 40
    drawn = sum(each.value for each in layers.bands)
    assert drawn + layers.left_value == sum(found.hops["tainted"].to_list())
    for view in (flow, graph):
        made = view(found)
        root = read(made)
        assert any(each.startswith("Not drawn: ") for each in said(root, "text"))
        assert "Not drawn: " in said(root, "desc")[0]
    assert len(flow(found).table) == len(found.hops)
    box = [float(each) for each in read(flow(found)).get("viewBox").split()]
    lowest = max(
        float(e.get("y", "0")) + float(e.get("height"))
        for e in read(flow(found)).iter(f"{SVG}rect")
    )
    assert lowest <= box[3]
    assert all(0 <= float(e.get("x")) <= box[2] for e in read(flow(found)).iter(f"{SVG}text"))


def test_a_long_chain_has_so_many_columns_and_the_last_holds_the_rest():
    names = [f"0x{number:040x}" for number in range(1, 60)]
    moves = [
        (ZERO, names[0], 100),
        *((one, two, 100) for one, two in pairwise(names)),
    ]
    found = trace(Ledger.read(samples.table(moves)), "fifo", [1])
    layers = layers_of(found.hops, most=60)
    assert len(layers.columns) == COLUMNS
    assert len(layers.columns[-1]) == 59 - COLUMNS + 1
    widths = [float(read(view(found)).get("width")) for view in VIEWS]
    assert widths[0] > widths[2]


def test_a_thousand_points_are_drawn_and_the_others_counted():
    found = trace(crowd(90, rounds=14), "haircut", [1])
    assert len(found.hops) > 1_000
    root = read(timeline(found))
    assert len(list(root.iter(f"{SVG}circle"))) == 1_000
    left = len(found.hops) - 1_000
    assert any(f"Not drawn: {left} smaller" in each for each in said(root, "text"))


def test_a_notebook_gets_the_picture_and_the_table_and_nothing_typed_is_markup(tmp_path):
    stop = Stop(services={samples.SHOP: "<script>alert(1)</script>"})
    view = graph(samples.found(stop=stop))
    html = view._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html

    class Reader(HTMLParser):
        def __init__(self):
            super().__init__()
            self.tags = []

        def handle_starttag(self, tag, attrs):
            self.tags.append(tag)

    reader = Reader()
    reader.feed(html)
    assert reader.tags.count("tr") == len(view.table) + 1
    assert {"figure", "svg", "details", "summary", "figcaption"} <= set(reader.tags)
    assert view.write(tmp_path / "g.svg").read_text("utf-8") == view.svg
    assert isinstance(view.table, pl.DataFrame)


@pytest.mark.parametrize(
    ("choice", "left"),
    [
        (Choice(), 3),
        (Choice(hops=1), 2),
        (Choice(least=600), 2),
        (Choice(account=samples.SHOP.upper().replace("0X", "0x")), 1),
        (Choice(hops=0, account=samples.SHOP), 0),
    ],
)
def test_a_choice_shows_a_part_and_says_so(choice, left):
    found = samples.found()
    for view in VIEWS:
        root = read(view(found, choice=choice))
        said_so = [e for e in said(root, "text") if e.startswith("Chosen: ")]
        assert said_so == ([] if left == 3 else [f"Chosen: {left} of 3 movements."])
        assert ("Chosen" in said(root, "desc")[0]) == (left < 3)
    assert len(flow(found, choice=choice).table) == left
    rows = choice.of(found)
    reached = (set(rows["payer"]) | set(rows["payee"])) - {samples.VICTIM}
    assert set(graph(found, choice=choice).table["account"]) == reached
    assert len(found.hops) == 3


def test_controls_draw_the_picture_again():
    found = samples.found(samples.ledger(scale=samples.WHOLE))
    widget = explore(found, language="ru", asset=Asset("KGST", 18))
    controls, shown = widget.children
    kind, furthest, share, account = controls.children
    assert "Потоки прослеживаемых денег" in shown.value
    kind.value = "timeline"
    assert "движения по времени" in shown.value
    furthest.value = 0
    assert "Выбрано движений: 1 из 3." in shown.value
    furthest.value = 2
    share.value = 100
    assert "Выбрано" not in shown.value
    account.value = samples.SHOP
    assert "Выбрано движений: 1 из 3." in shown.value
    assert [label for label, _ in share.options][:3] == ["0 KGST", "0,7 KGST", "7 KGST"]


def test_importing_views_loads_none_of_the_heavy_parts():
    code = "import sys, sandbox.forensics.views; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert {"numpy", "numba", "polars", "ipywidgets"} & set(loaded.stdout.split()) == set()


def test_points_of_a_graph_are_links_where_a_page_has_a_place_for_them():
    found = samples.found()
    plain, linked = graph(found).svg, graph(found, link=lambda name: f'/"{name}').svg
    assert ('role="img"' in plain, "<a " in plain) == (True, False)
    assert ('role="group"' in linked, '<a href="/&quot;' in linked) == (True, True)
    assert "<a " not in graph(found, link=lambda _: "").svg
