"""Comparisons as text, Markdown, JSON and a page. The exact texts are golden files (see test_text.py)."""

import hashlib
import json
import re
from base64 import b64encode
from dataclasses import replace
from functools import cache
from xml.etree import ElementTree

import pytest

from loadgen.report.campaigns.comparison import Page, render_comparison
from loadgen.report.campaigns.comparison_html import comparison_html
from loadgen.report.campaigns.comparison_json import comparison_json
from loadgen.report.campaigns.comparison_markdown import comparison_markdown
from loadgen.report.campaigns.find_max_html import find_max_html
from loadgen.report.draw.page import html_page
from loadgen.report.draw.style import columns
from loadgen.results.requests import Ledger
from loadgen.results.result import MachineRow, Machines, Result
from tests.support.comparisons import EVERY_PAGE, page, pool, threads
from tests.support.gates import found

EVIL = '<script>alert("x")</script>|*\x1b[31m'


@pytest.fixture(params=EVERY_PAGE)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def any_page(name: str) -> Page:
    return EVERY_PAGE[name]()


@pytest.fixture
def html(name: str) -> str:
    return html_of(name)


@cache
def html_of(name: str) -> str:
    return comparison_html(EVERY_PAGE[name]())


def test_text_fits_80_columns(any_page: Page) -> None:
    lines = render_comparison(any_page).splitlines()
    assert max(map(columns, lines)) <= 80
    assert max(map(columns, render_comparison(any_page, width=120).splitlines())) <= 120
    assert not any(row.endswith((" ", "…")) for row in lines)


def test_the_heading_names_what_each_variant_asks_for() -> None:
    one = pool(2)
    other, more = ([replace(run, plan={**run.plan, "target": f"http://{name}"}) for run in one] for name in ("o", "p"))
    heads = [render_comparison(page(*variants)).partition(" · ")[0] for variants in (
        (("a", one), ("b", one)), (("a", one), ("b", other)), (("a", one), ("b", other), ("c", more)),
    )]  # fmt: skip
    assert heads[0].count("http://") == 1
    assert " and " in heads[1]
    assert heads[2].endswith(" and 2 others")


def test_a_narrow_terminal_gets_cut_lines_and_no_traceback(any_page: Page) -> None:
    assert max(map(columns, render_comparison(any_page, width=60).splitlines())) <= 60


def test_all_forms_say_the_same_words(any_page: Page, html: str) -> None:
    text, markdown = render_comparison(any_page), comparison_markdown(any_page)
    rows = [row for against in json.loads(comparison_json(any_page))["against"] for row in against["rows"]]
    for word in ("better", "worse"):
        count = sum(row["word"] == word for row in rows)
        assert len(re.findall(rf" {word}$", text, re.MULTILINE)) == count
        assert markdown.count(f"| {word} |") == count
        assert html.count(f'<span class="{word}">') == count


def test_a_label_cannot_break_out() -> None:
    evil = page(("a", pool()), (EVIL, threads()), warnings=[EVIL])
    for made in (render_comparison(evil), comparison_markdown(evil), comparison_html(evil)):
        assert "\x1b" not in made
    assert "<script" not in comparison_html(evil)
    assert "<script" not in comparison_markdown(evil)
    assert r"\|" in comparison_markdown(evil)


def test_the_page_is_one_file_without_a_script(html: str) -> None:
    assert "<script" not in html
    assert not re.search(r"""\b(src|href|style|on\w+)=["']|url\(|@import""", html)
    assert html.startswith("<!doctype html>")


def test_a_narrow_screen_keeps_the_verdicts(any_page: Page, html: str) -> None:
    assert html.count('<table class="pinned">') == len(any_page.comparison.against)
    assert "position: sticky; right: 0" in html
    assert '<table class="pinned">' in find_max_html(found())


def test_its_policy_allows_its_own_style_only(html: str) -> None:
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style
    digest = b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in html
    assert "prefers-color-scheme: dark" in style[1]


def test_its_elements_are_balanced(html: str) -> None:
    body = re.sub(r"<meta [^>]*>", "", html.partition("\n")[2])
    root = ElementTree.fromstring(body)
    assert root.findtext("head/title", "").endswith("loadgen")
    assert len(root.findall("body/div/svg")) == 1


def test_every_variant_has_a_curve_with_tooltips() -> None:
    html = html_of("comparison_three")
    assert [f'class="curve s{number}"' in html for number in range(4)] == [True, True, True, False]
    assert re.search(r"<title>pool: p99 3\.\d\d ms</title>", html)
    assert re.search(r"<title>threads: p99\.9 \d+\.\d+ ms</title>", html)


def test_without_a_response_time_there_is_no_chart() -> None:
    bare = [replace(result, histograms={}) for result in pool()]
    html = comparison_html(page(("a", bare), ("b", bare)))
    assert "Response times" not in html
    assert 'aria-label="Response times by percentile"' not in html


def test_each_variant_has_its_machines() -> None:
    rows = [MachineRow(f"host{number}", 4, ledger=Ledger(50, 50, 0, 50)) for number in (1, 2)]
    twice = [replace(result, machines=Machines(rows)) for result in pool()[:2]]
    html = comparison_html(page(("a <b>", twice), ("b", pool())))
    assert "<h2>Machines of a &lt;b&gt;</h2>" in html
    assert "Machines of b" not in html
    found = html[html.index("Machines of a") :]
    assert (found.count("host1"), found.count(">100<")) == (1, 2), "the sums of both rounds"


def test_nothing_at_all_is_still_a_text() -> None:
    empty = page(("a", [Result()]), ("b", [Result()]))
    assert "Not one good reply came back to a and b." in render_comparison(empty)
    assert comparison_html(empty)
    assert comparison_markdown(empty)


def test_a_page_takes_any_title() -> None:
    assert "<title>a &lt;b&gt; &quot;c&quot;</title>" in html_page('a <b> "c"', "")
