import os
from importlib.metadata import version

import pytest

from loadgen.base.environment import PACKAGES, describe_environment, usable_cores

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def test_the_versions_are_those_of_what_is_installed():
    assert describe_environment()["versions"] == {name: version(name) for name in PACKAGES}


@pytest.mark.parametrize(
    ("quota", "cores"),
    [
        ("max 100000", CORES),
        ("100000 100000", 1),
        ("50000 100000", 1),
        ("190000 100000", 1),
        ("99900000 100000", CORES),
    ],
)
def test_usable_cores_obey_the_quota_of_a_container(tmp_path, quota, cores):
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/\n")
    (tmp_path / "sys/fs/cgroup").mkdir(parents=True)
    (tmp_path / "sys/fs/cgroup/cpu.max").write_text(quota)
    assert usable_cores(tmp_path) == cores
