from dataclasses import replace

import pytest

from loadgen.judge.trend import Dated, judge_trend
from loadgen.plan.condition import parse_metric
from loadgen.results.requests import ErrorRow, Ledger
from loadgen.results.result import Generator
from tests.support.trends import PLAN, history, result

METRICS = [parse_metric(text) for text in ("ok_rps", "p50", "error_rate")]


def test_a_new_change_for_the_worse_is_120() -> None:
    trend = judge_trend(history(), METRICS)
    rate, p50, errors = trend.courses
    (slower,) = p50.changes
    assert (slower.at, slower.direction, slower.is_new) == (14, "worse", True)
    assert slower.ratio == pytest.approx(1.2, rel=0.02)
    assert [change.direction for change in rate.changes] == ["worse"]
    assert [*errors.changes] == []
    assert trend.code == 120
    assert [course.metric.text for course, _ in trend.worse] == ["ok_rps", "p50"]


def test_a_change_for_the_better_or_an_old_one_passes() -> None:
    assert judge_trend(history(factor=0.8), METRICS).code == 0
    assert judge_trend(history(at=5), METRICS).code == 0
    assert judge_trend(history(at=5), METRICS, newest=15).code == 120


def test_levels_have_intervals_that_hold_their_figures() -> None:
    (course,) = judge_trend(history(), METRICS[1:2]).courses
    before, after = course.levels
    assert (before.first, before.last, after.first, after.last) == (0, 13, 14, 19)
    assert before.low is not None
    assert before.high is not None
    assert before.low < before.mean < before.high < after.mean


def test_results_come_in_the_order_in_which_they_were_made() -> None:
    assert [item.name for item in judge_trend(history()[::-1], METRICS).dated] == [item.name for item in history()]


def test_a_share_changes_by_points() -> None:
    errors = [ErrorRow("timeout", "target", "", 50)]
    dated = history(factor=1.0)
    failing = Ledger(1000, 1000, 0, 950, 50)
    dated[15:] = [replace(item, result=replace(item.result, ledger=failing, errors=errors)) for item in dated[15:]]
    (course,) = judge_trend(dated, METRICS[2:]).courses
    (change,) = course.changes
    assert (change.at, change.direction, change.ratio) == (15, "worse", None)
    assert judge_trend(dated, METRICS[2:], least=0.5).courses[0].changes == []


def test_invalid_runs_are_left_out_and_said() -> None:
    dated = history()
    dated[3] = replace(dated[3], result=replace(dated[3].result, generator=Generator(verdict="invalid")))
    trend = judge_trend(dated, METRICS)
    assert len(trend.dated) == 19
    assert trend.warnings == ["left out: 1 of 20 results, whose runs are invalid"]


def test_another_machine_and_another_plan_are_said() -> None:
    dated = history()
    other = {**dated[0].result.environment, "cores": 8}
    dated[9:] = [replace(item, result=replace(item.result, environment=other)) for item in dated[9:]]
    dated[12:] = [replace(item, result=replace(item.result, plan={**PLAN, "users": 7})) for item in dated[12:]]
    machine, plan = judge_trend(dated, METRICS).warnings
    assert machine.startswith("ANOTHER MACHINE: from 09abcdef on usable cores 8 instead of 2.")
    assert plan.startswith("NOT ALIKE: from 12abcdef on 7 connections instead of ")


def test_a_figure_that_some_results_lack_has_gaps() -> None:
    dated = history(factor=1.0)
    dated[2] = Dated("empty", result(2, 10.0, latency_ms={}, histograms={}))
    (course,) = judge_trend(dated, METRICS[1:2]).courses
    assert course.values[2] is None
    assert len(course.levels) == 1


def test_without_results_there_is_nothing() -> None:
    trend = judge_trend([], METRICS)
    assert (trend.code, [course.levels for course in trend.courses]) == (0, [[], [], []])
