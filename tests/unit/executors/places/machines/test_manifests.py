"""The manifests against the types of Kubernetes' own client, and against what they are for."""

from base64 import b64decode
from typing import Any

import pytest
import yaml

from loadgen.executors.places.machines.manifests import Wanted, as_yaml, manifests

client = pytest.importorskip("kubernetes.client")

CERTIFICATES = {f"{name}.pem": name.encode() for name in ("ca", "scheduler", "machine", "coordinator")}
WANTED = Wanted(10, 4, "registry.test/loadgen", "shop", 600, ("http://shop/", "-R", "50000"))
PARTS = list(yaml.safe_load_all(as_yaml(manifests(WANTED, CERTIFICATES))))
JOBS = [part for part in PARTS if part["kind"] == "Job"]


def check(value: Any, kind: str, where: str) -> None:
    """Every key is one that the type has, down to the plain values."""
    if kind.startswith("list["):
        assert isinstance(value, list), where
        for index, item in enumerate(value):
            check(item, kind[5:-1], f"{where}[{index}]")
    elif kind.startswith("dict("):
        assert isinstance(value, dict), where
        for key, item in value.items():
            check(item, kind[5:-1].split(", ")[1], f"{where}.{key}")
    elif kind in ("str", "int", "bool"):
        assert type(value).__name__ == kind, f"{where} is {value!r}"
    elif hasattr(client, kind):
        model = getattr(client, kind)
        types = {model.attribute_map[name]: of for name, of in model.openapi_types.items()}
        assert set(value) <= set(types), f"{where}: {set(value) - set(types)}"
        for key, item in value.items():
            check(item, types[key], f"{where}.{key}")


@pytest.mark.parametrize("part", PARTS, ids=lambda part: f"{part['kind']}-{part['metadata']['name']}")
def test_each_is_of_its_type(part: dict[str, Any]) -> None:
    assert part["apiVersion"] == {"Job": "batch/v1"}.get(part["kind"], "v1")
    check(part, f"V1{part['kind']}", part["kind"])


def test_a_key_that_no_type_has_is_seen() -> None:
    with pytest.raises(AssertionError, match="backofflimit"):
        check({"spec": {"backofflimit": 0}}, "V1Job", "Job")


def test_nothing_is_started_again_and_all_of_it_ends() -> None:
    for job in JOBS:
        assert (job["spec"]["backoffLimit"], job["spec"]["activeDeadlineSeconds"]) == (0, 600)
        assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"


def test_cpus_are_whole_and_never_a_limit() -> None:
    for job in JOBS:
        (container,) = job["spec"]["template"]["spec"]["containers"]
        assert container["resources"]["requests"]["cpu"].isdigit()
        assert "cpu" not in container["resources"]["limits"]
    assert JOBS[1]["spec"]["completions"] == JOBS[1]["spec"]["parallelism"] == 10


def test_each_pod_has_its_own_certificate_alone_and_finds_the_scheduler() -> None:
    secret, service, *_ = PARTS
    assert {name: b64decode(data) for name, data in secret["data"].items()} == CERTIFICATES
    for job, role in zip(JOBS, ("scheduler", "machine", "coordinator"), strict=True):
        (volume,) = job["spec"]["template"]["spec"]["volumes"]
        assert volume["secret"]["secretName"] == secret["metadata"]["name"]
        assert [item["key"] for item in volume["secret"]["items"]] == ["ca.pem", f"{role}.pem"]
    assert service["spec"]["selector"] == JOBS[0]["spec"]["template"]["metadata"]["labels"]
    address = f"tls://{service['metadata']['name']}:{service['spec']['ports'][0]['port']}"
    for job in JOBS[1:]:
        assert address in job["spec"]["template"]["spec"]["containers"][0]["args"]


def test_without_a_run_there_is_no_coordinator() -> None:
    kinds = [part["kind"] for part in manifests(Wanted(1, 1, "image"), CERTIFICATES)]
    assert kinds == ["Secret", "Service", "Job", "Job"]
