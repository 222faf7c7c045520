"""The shipped S3 profiles as files, in every way to run: the ledger is what the store's own log says."""

from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.support.command import Mode, loadgen
from tests.support.s3_requests import Store
from tests.support.s3_servers import S3Store, signing_store, started

pytestmark = pytest.mark.slow  # the store takes 2 s to start and up to 10 ms a request

PROFILES = Path(__file__).parents[2] / "profiles"
RUNS = {
    "s3-upload": ({}, []),
    "s3-download": ({}, ["-n", "9"]),
    "s3-mixed": ({}, ["-n", "30"]),
    "s3-multipart": ({"OBJECTS": "2", "SIZE": "9MiB"}, []),
    "s3-images": ({}, []),
}
"""What makes each of them small: variables, and arguments."""

_numbers = count()


@pytest.fixture(scope="module")
def store() -> Iterator[S3Store]:
    yield from started(signing_store)


@pytest.mark.parametrize("profile", RUNS)
def test_a_profile_sends_what_its_result_says(store: S3Store, profile: str, local_mode: Mode) -> None:
    if store.log is None:
        pytest.skip("the given store shows no log")
    variables, argv = RUNS[profile]
    settings = {"TARGET": store.url, "BUCKET": "profiles", "OBJECTS": "6", "CONNECTIONS": "3", **variables}
    keys = {"AWS_ACCESS_KEY_ID": store.key, "AWS_SECRET_ACCESS_KEY": store.secret}
    done = loadgen(
        "run", PROFILES / f"{profile}.yaml", *local_mode, "--format", "json", *argv, env={**settings, **keys}
    )
    assert done.code == 0, done.err
    result = done.result
    assert result.ledger.ok == result.ledger.sent > 0, result.errors
    assert "nothing is left" in result.notes[-1]
    seen = _logged(store)
    if result.notes[0].startswith("Prepared"):
        seen["put"] -= int(settings["OBJECTS"])
    sent = {name: part.ledger.sent for name, part in result.requests.items() if not name.endswith(" again")}
    assert {name: seen[name] for name in sent} == sent


def _logged(store: S3Store) -> Counter[str]:
    """What the store got since the last time."""
    assert store.log is not None
    marker = f"marker-{next(_numbers)}"
    user = Store(store, "profiles")
    try:
        user.ask(user.operations().stat(marker))
    finally:
        user.close()
    return store.log.until(marker)
