"""Line charts: axes and places."""

import re
from xml.etree import ElementTree

import pytest

from loadgen.report.draw.svg import HEIGHT, WIDTH, Axis, Curve, Point, line_chart, log_axis

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
    assert line_chart("t", PLAIN, PLAIN, [Curve("a", points, 0)]).count('class="curve s0"') == 1, "the legend's"
