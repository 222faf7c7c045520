"""The dashboard of `docker/` asks for figures that there are, and the compose file for files that there are."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from loadgen.observe.export.sinks.prometheus import Prometheus
from tests.support.export import BEGAN, ENDED, interval

FOLDER = Path(__file__).parents[4] / "docker"


def told() -> str:
    sink = Prometheus("127.0.0.1:0")
    sink.began(BEGAN)
    with_lag = interval(0)
    with_lag.lag.add(100)
    sink.interval(with_lag)
    sink.ended(ENDED)
    page = sink._page()
    sink._scrapes.clear()
    sink.close()
    return page


def test_every_figure_of_the_dashboard_is_exported_with_its_labels() -> None:
    dashboard = json.loads((FOLDER / "grafana" / "dashboard.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    page = told()
    for expression in expressions:
        [name] = re.findall(r"loadgen_\w+", expression)
        lines = [line for line in page.splitlines() if line.startswith((f"{name}{{", f"{name} "))]
        assert lines, name
        for label in re.findall(r"by \((\w+)\)", expression):
            assert f'{label}="' in lines[0], (name, label)


def test_the_compose_file_mounts_files_that_there_are() -> None:
    compose: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    mounted = [
        volume.split(":")[0]
        for service in compose["services"].values()
        for volume in service.get("volumes", [])
        if volume.startswith("./")
    ]
    assert len(mounted) == 4
    assert [name for name in mounted if not (FOLDER / name).is_file()] == []
    [target] = yaml.safe_load((FOLDER / "grafana" / "prometheus.yaml").read_text())["scrape_configs"]
    service, port = target["static_configs"][0]["targets"][0].split(":")
    assert f"prometheus=0.0.0.0:{port}" in compose["services"][service]["command"]
