"""What containers are told to do is what this program can do, and their parts find each other."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from loadgen.executors.places.machines.manifests import Wanted, manifests
from tests.support.command import loadgen

COMPOSE: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "docker" / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
JOBS = [
    part for part in manifests(Wanted(3, 2, "image", run=("http://shop/", "-R", "50")), {}) if part["kind"] == "Job"
]
COMMANDS = {
    name: service["command"] for name, service in SERVICES.items() if service.get("build") and service["command"]
}
COMMANDS |= {job["metadata"]["name"]: job["spec"]["template"]["spec"]["containers"][0]["args"] for job in JOBS}


@pytest.mark.parametrize("name", COMMANDS)
def test_its_command_is_one(name: str) -> None:
    done = loadgen(*COMMANDS[name], call=lambda _given: 0)
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("where", [COMMANDS["coordinator"], COMMANDS["loadgen-coordinator"]], ids=["compose", "pods"])
def test_a_coordinator_waits_for_machines_that_begin_when_it_does(where: list[str]) -> None:
    assert "--machines" in where
    assert "--cluster-wait" in where


def test_services_that_are_depended_on_are_there_with_what_depends() -> None:
    for service in SERVICES.values():
        for other in service.get("depends_on", ()):
            assert SERVICES[other].get("profiles", service.get("profiles")) == service.get("profiles")
