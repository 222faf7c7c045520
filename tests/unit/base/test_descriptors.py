import resource

import pytest

from loadgen.base.descriptors import raise_descriptor_limit


class Host:
    """Resource limits of a host that is not this one."""

    def __init__(self, soft, hard, *, stubborn=False):
        self.soft, self.hard, self.stubborn = soft, hard, stubborn

    def get(self, _):
        return self.soft, self.hard

    def put(self, _, limits_):
        if self.stubborn:
            raise ValueError("not allowed to raise maximum limit")
        self.soft, self.hard = limits_


@pytest.mark.parametrize(
    ("soft", "hard", "stubborn", "in_force"),
    [
        (1024, 4096, False, 4096),  # raised to what the host allows
        (4096, 4096, False, 4096),
        (1024, 4096, True, 1024),  # the host does not let us
        (1024, resource.RLIM_INFINITY, False, 1024),  # "unlimited" cannot be set on every system
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, False, resource.RLIM_INFINITY),
    ],
)
def test_the_soft_limit_is_raised_before_anything_is_refused(soft, hard, stubborn, in_force):
    host = Host(soft, hard, stubborn=stubborn)
    assert raise_descriptor_limit(host.get, host.put) == in_force
