import pytest

from loadgen.base.cgroup import Throttling, quota_cores, throttling

V2_STAT = "usage_usec 5\nnr_periods 100\nnr_throttled 43\nthrottled_usec 2100000\n"
V1_STAT = "nr_periods 100\nnr_throttled 43\nthrottled_time 2100000000\n"


@pytest.fixture
def host(tmp_path):
    """A machine whose /proc and /sys hold what is given."""

    def host(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return host


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, None),
        ({"proc/self/cgroup": "0::/\n"}, None),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}, None),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n"}, 1.5),
        ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/cpu.max": "max 100000\n",
          "sys/fs/cgroup/a/cpu.max": "50000 100000\n"}, 0.5),  # a slice around it
        ({"proc/self/cgroup": "0::/host/path\n", "sys/fs/cgroup/cpu.max": "200000 100000\n"}, 2.0),
        ({"proc/self/cgroup": "0::/../..\n", "sys/fs/cgroup/cpu.max": "200000 100000\n"}, 2.0),
        ({"proc/self/cgroup": "4:cpu,cpuacct:/docker/x\n3:memory:/docker/x\n",
          "sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us": "250000\n",
          "sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us": "100000\n"}, 2.5),
        ({"proc/self/cgroup": "4:cpu,cpuacct:/docker/x\n", "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000\n",
          "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n"}, 0.5),
        ({"proc/self/cgroup": "4:cpu:/\n", "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
          "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({"proc/self/cgroup": "1:cpu:/x\n0::/x\n", "sys/fs/cgroup/unified/x/cpu.max": "100000 100000\n"}, 1.0),
        ({"proc/self/cgroup": "nonsense\n0::/\n", "sys/fs/cgroup/cpu.max": "soon\n"}, None),
    ],
)  # fmt: skip
def test_a_quota_is_found_in_groups_of_both_versions(host, files, cores):
    assert quota_cores(host(files)) == cores


@pytest.mark.parametrize(
    "files",
    [
        {
            "proc/self/cgroup": "0::/a\n",
            "sys/fs/cgroup/a/cpu.stat": V2_STAT,
            "sys/fs/cgroup/cpu.stat": "usage_usec 5\n",
        },
        {"proc/self/cgroup": "4:cpu,cpuacct:/a\n", "sys/fs/cgroup/cpu,cpuacct/a/cpu.stat": V1_STAT},
    ],
)
def test_throttling_is_counted_in_both_versions(host, files):
    assert throttling(host(files)) == Throttling(100, 43, 2_100_000_000)


def test_nothing_was_throttled_where_nothing_says_so(host):
    assert throttling(host({})) == Throttling()


def test_only_what_came_since_counts():
    assert Throttling(100, 43, 9).since(Throttling(60, 40, 4)) == Throttling(40, 3, 5)
