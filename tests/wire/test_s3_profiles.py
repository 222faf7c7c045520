"""The shipped S3 profiles as files, in every way to run: the ledger is what the store's own log says."""

from collections import Counter
from itertools import count
from pathlib import Path

import pytest

from tests.support.command import MODES, Mode, loadgen
from tests.support.s3_requests import Store
from tests.support.s3_servers import S3Store
from tests.support.spread import spread

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


IN_PLACE = {name: mode for name, mode in MODES.items() if name != "processes"}


@spread("profile, variables, argv", [(name, *run) for name, run in RUNS.items()], modes=IN_PLACE)
def test_a_profile_sends_what_its_result_says(
    signing_store: S3Store, mode: Mode, profile: str, variables: dict[str, str], argv: list[str]
) -> None:
    store = signing_store
    if store.log is None:
        pytest.skip("the given store shows no log")
    settings = {"TARGET": store.url, "BUCKET": "profiles", "OBJECTS": "6", "CONNECTIONS": "3", **variables}
    keys = {"AWS_ACCESS_KEY_ID": store.key, "AWS_SECRET_ACCESS_KEY": store.secret}
    _logged(store)  # others have used it before
    done = loadgen("run", PROFILES / f"{profile}.yaml", *mode, "--format", "json", *argv, env={**settings, **keys})
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
