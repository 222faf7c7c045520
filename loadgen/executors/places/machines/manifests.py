"""Kubernetes manifests of a cluster: certificates, a scheduler, machines, and the run itself where it is given.

Nothing is started again: a pod that comes back would be another machine, and a run that failed is not to be made again.
Whole CPUs are requested and none is a limit, for a limit of time makes a generator stand still (CFS throttling).
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from loadgen.base.dataclass import dataclass
from loadgen.executors.places.machines.links.addresses import AUTHORITY

PORT = 8786
MOUNT = "/certificates"
MEMORY = "512Mi"
"""Of a machine with four workers and ten thousand connections about half is used."""

KEPT_S = 600
"""After its end a Job can be looked at for so long."""

STARTS_WITHIN = "10m"

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """`run` are the words after `loadgen run`, without the cluster's; none: whoever has the certificates runs it."""

    machines: int
    cpus: int
    image: str
    name: str = "loadgen"
    deadline_s: int = 7200
    run: Sequence[str] = ()


def manifests(wanted: Wanted, certificates: Mapping[str, bytes]) -> list[Manifest]:
    """All of it, in the order in which it is to be made; `certificates` are the contents of the files by their name."""
    made = [_secret(wanted, certificates), _service(wanted), _scheduler(wanted), _machines(wanted)]
    return [*made, *([_coordinator(wanted)] if wanted.run else [])]


def as_yaml(parts: Sequence[Manifest]) -> str:
    """For `kubectl apply -f -`."""
    return yaml.safe_dump_all(parts, sort_keys=False, default_flow_style=False, width=120)


def _secret(wanted: Wanted, certificates: Mapping[str, bytes]) -> Manifest:
    data = {name: b64encode(content).decode() for name, content in sorted(certificates.items())}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": _metadata(wanted), "type": "Opaque", "data": data}


def _service(wanted: Wanted) -> Manifest:
    spec = {
        "clusterIP": "None",  # a name for the one pod, which need not be ready first
        "publishNotReadyAddresses": True,
        "selector": _labels(wanted, "scheduler"),
        "ports": [{"name": "dask", "port": PORT}],
    }
    return {"apiVersion": "v1", "kind": "Service", "metadata": _metadata(wanted), "spec": spec}


def _scheduler(wanted: Wanted) -> Manifest:
    words = ["cluster", "scheduler", f"tls://0.0.0.0:{PORT}", "--certificates", MOUNT]
    return _job(wanted, "scheduler", words, {"completions": 1}, cpus=1)


def _machines(wanted: Wanted) -> Manifest:
    words = ["cluster", "machine", _address(wanted), "--certificates", MOUNT]
    count = {"completionMode": "Indexed", "completions": wanted.machines, "parallelism": wanted.machines}
    job = _job(wanted, "machine", words, count, cpus=wanted.cpus)
    job["spec"]["template"]["spec"]["topologySpreadConstraints"] = [
        {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": _labels(wanted, "machine")},
        }
    ]
    return job


def _coordinator(wanted: Wanted) -> Manifest:
    where = ["--cluster", _address(wanted), "--certificates", MOUNT, "--machines", str(wanted.machines)]
    where += ["--cluster-wait", STARTS_WITHIN]  # it begins with them, and each pulls its image first
    return _job(wanted, "coordinator", ["run", *where, *wanted.run], {"completions": 1}, cpus=1)


def _job(wanted: Wanted, role: str, words: Sequence[str], count: Mapping[str, Any], *, cpus: int) -> Manifest:
    container = {
        "name": role,
        "image": wanted.image,
        "args": [*words],
        "resources": {"requests": {"cpu": str(cpus), "memory": MEMORY}, "limits": {"memory": MEMORY}},
        "volumeMounts": [{"name": "certificates", "mountPath": MOUNT, "readOnly": True}],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    files = [{"key": name, "path": name} for name in (AUTHORITY, f"{role}.pem")]
    pod = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "containers": [container],
        "volumes": [{"name": "certificates", "secret": {"secretName": wanted.name, "items": files}}],
    }
    labels = _labels(wanted, role)
    spec = {
        **count,
        "backoffLimit": 0,
        "activeDeadlineSeconds": wanted.deadline_s,
        "ttlSecondsAfterFinished": KEPT_S,
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": _metadata(wanted, role), "spec": spec}


def _address(wanted: Wanted) -> str:
    return f"tls://{wanted.name}:{PORT}"


def _labels(wanted: Wanted, role: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": "loadgen", "app.kubernetes.io/instance": wanted.name, "loadgen/role": role}


def _metadata(wanted: Wanted, role: str = "") -> Manifest:
    labels = {"app.kubernetes.io/name": "loadgen", "app.kubernetes.io/instance": wanted.name}
    return {"name": f"{wanted.name}-{role}" if role else wanted.name, "labels": labels}
