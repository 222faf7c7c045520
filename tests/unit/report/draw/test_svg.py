"""Line charts: axes and places."""

import re
from math import nan
from xml.etree import ElementTree

import pytest

from loadgen.report.draw.svg import (
    HEIGHT,
    WIDTH,
    Axis,
    Column,
    Curve,
    Point,
    heat_map,
    line_chart,
    linear_axis,
    log_axis,
    time_axis,
)

PLAIN = Axis("x", [(0.0, "0"), (1.0, "1")])


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (1.0, 10.0, ["1", "2", "5", "10"]),
        (0.3, 7.0, ["0.2", "0.5", "1", "2", "5", "10"]),
        (3.0, 3.0, ["2", "5"]),
        (1.0, 1.0, ["1"]),
        (0.002, 40_000.0, ["0.01", "0.1", "1", "10", "100", "1000", "10000"]),
    ],
)
def test_a_logarithmic_axis_holds_its_values_on_round_ticks(low: float, high: float, labels: list[str]) -> None:
    axis, place = log_axis("ms", low, high)
    assert [label for _, label in axis.ticks][: len(labels)] == labels
    assert all(0 <= at <= 1 for at, _ in axis.ticks)
    assert [at for at, _ in axis.ticks] == [place(float(label)) for _, label in axis.ticks]
    assert -0.001 <= place(low) <= place(high) <= 1.001
    assert place(low) < place(low * 2)


def test_a_chart_is_well_formed_and_stays_inside() -> None:
    points = [Point(0.0, 0.0, "first"), Point(0.5, 1.0), Point(1.0, 0.2, "last & least")]
    svg = line_chart("T <1>", PLAIN, PLAIN, [Curve("a", points, 2), Curve("b" * 200, points, 3)])
    root = ElementTree.fromstring(svg)
    assert [title.text for title in root.iter("title")] == ["first", "last & least"] * 2
    for path in root.iter("path"):
        for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path.get("d", "")):
            assert 0 <= float(x) <= WIDTH
            assert 0 <= float(y) <= HEIGHT + 100


def test_what_is_not_sure_is_drawn_apart() -> None:
    points = [Point(x / 4, x / 4) for x in range(5)]
    assert line_chart("t", PLAIN, PLAIN, [Curve("a", points, 3)]).count("few") == 1
    assert "few" not in line_chart("t", PLAIN, PLAIN, [Curve("a", points, 5)])
    assert line_chart("t", PLAIN, PLAIN, [Curve("a", points, 0)]).count('class="curve few s0"') == 2, (
        "in the legend, too"
    )


def test_a_gap_ends_a_line_and_begins_another() -> None:
    points = [Point(0.0, 0.0), Point(0.2, 0.5), Point(0.4, nan), Point(0.6, 0.5), Point(1.0, 1.0)]
    (curve,) = re.findall(
        r'class="curve s0" d="(M[^"]*L[^"]*)"', line_chart("t", PLAIN, PLAIN, [Curve("a", points, 5)])
    )
    assert (curve.count("M"), curve.count("L")) == (2, 2)
    assert "nan" not in curve


@pytest.mark.parametrize(
    ("end_s", "labels"),
    [
        (8.0, ["0s", "1s", "2s", "3s", "4s", "5s", "6s", "7s", "8s"]),
        (90.5, ["0s", "10s", "20s", "30s", "40s", "50s", "1m", "1m10s", "1m20s", "1m30s"]),
        (3600.0, ["0s", "10m", "20m", "30m", "40m", "50m", "1h"]),
        (0.4, ["0s"]),
    ],
)
def test_a_time_axis_has_round_ticks_from_zero(end_s: float, labels: list[str]) -> None:
    axis, place = time_axis("time", end_s)
    assert [label for _, label in axis.ticks] == labels
    assert place(end_s) == 1
    assert all(0 <= at <= 1 for at, _ in axis.ticks)


def test_a_time_axis_of_a_year_has_no_more_ticks_than_one_of_a_minute() -> None:
    axis, _ = time_axis("time", 31_536_000.0)
    assert len(axis.ticks) <= 11


@pytest.mark.parametrize(
    ("high", "labels"),
    [
        (7.0, ["0", "2", "4", "6", "8"]),
        (64_233.0, ["0", "20,000", "40,000", "60,000", "80,000"]),
        (1.0, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (0.3, ["0", "0.1", "0.2", "0.3"]),
    ],
)
def test_a_linear_axis_begins_at_zero_and_holds_its_highest_value(high: float, labels: list[str]) -> None:
    axis, place = linear_axis("n", high)
    assert [label for _, label in axis.ticks] == labels
    assert place(0.0) == 0
    assert 0.5 < place(high) <= 1.0001


def test_a_heat_map_draws_each_cell_once_and_tells_of_each_column() -> None:
    columns = [Column(0.0, 0.5, [(0, 0), (3, 4)], "first & <best>"), Column(0.5, 1.0, [(9, 4)], "second")]
    root = ElementTree.fromstring(heat_map("t", PLAIN, PLAIN, columns, 10, ["few", "some", "more", "many", "most"]))
    shapes = {path.get("class"): path.get("d", "") for path in root.iter("path") if path.get("d", "").endswith("z")}
    legends = 1
    assert shapes["h4"].count("M") == 2
    assert sum(len(re.findall("M", d)) for d in shapes.values()) == 3 + 3 * legends, (
        "cells, and swatches of empty heats"
    )
    assert [title.text for title in root.iter("title")] == ["first & <best>", "second"]
    for x, y in re.findall(r"M([\d.]+) ([\d.]+)", shapes["h4"]):
        assert 0 <= float(x) <= WIDTH
        assert 0 <= float(y) <= HEIGHT


def test_a_curve_may_have_a_colour_of_its_own() -> None:
    points = [Point(0.0, 0.0), Point(1.0, 1.0)]
    svg = line_chart("t", PLAIN, PLAIN, [Curve("a", points, 2, 6), Curve("b", points, 2)])
    assert re.findall(r'class="curve (s\d)"', svg) == ["s6", "s1"] * 2, "in the legend, too"
