"""Fixtures that need files or processes; everything else is made where it is used."""

import gc
import os
import shutil
import sys
from collections.abc import Generator, Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.certificates import Certificates, write_certificates
from tests.support.ignored import hear_what_is_ignored
from tests.support.nginx import Nginx, running_nginx

# Where the environment forbids to keep what was compiled, each start of loadgen would compile it again: 0.4 s of CPU.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

hear_what_is_ignored()

# The same examples in each run: a check that fails once in a hundred runs says nothing of the commit it fails on.
# LOADGEN_TEST_SEARCH=1 looks for new ones instead. On a busy machine any example may take long.
settings.register_profile(
    "steady",
    max_examples=50,
    deadline=None,
    derandomize=os.environ.get("LOADGEN_TEST_SEARCH") != "1",
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("steady")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end: the garbage collector need not look at it, again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return write_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def nginx(certificates: Certificates) -> Iterator[Nginx]:
    """A fresh nginx with plain and TLS ports."""
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed (apt-get install nginx)")
    with running_nginx(certificates) as server:
        yield server
