"""What a run reports is what the server counted, in every mode."""

from pathlib import Path

import pytest

from loadgen.results.result import Result
from tests.support.command import MODES, Mode, loadgen, stats_of
from tests.support.spread import spread


def run(*argv: object, code: int = 0, stdin: bytes = b"") -> Result:
    done = loadgen("run", *argv, "-q", "--format", "json", stdin=stdin)
    assert (done.code, bool(done.err)) == (code, code == 99), done.err
    return done.result


def assert_equals_the_servers_count(result: Result, url: str) -> None:
    counted = stats_of(url)
    assert result.ledger.sent == counted["requests"]
    assert result.status_codes == counted["by_status"]
    assert (result.bytes.sent, result.bytes.received) == (counted["bytes_in"], counted["bytes_out"])
    assert result.connections.opened == counted["connections_total"] - 1  # the last is this question's own


def profile(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "profile.yaml"
    path.write_text(text, "utf-8")
    return path


@spread("requests", [(203,), (3,), (5,)], all_in=("pool", "threads"))
def test_exactly_n_requests_are_sent_by_5_users(url: str, mode: Mode, requests: int) -> None:
    result = run(f"{url}/bytes/100", "-c", "5", "-n", requests, *mode)
    assert result.ledger.scheduled == result.ledger.sent == result.ledger.ok == requests
    assert result.latency_ms["response"].count == requests
    assert result.users.asked == result.users.started == 5
    assert_equals_the_servers_count(result, url)


@spread("options", {"closed": (["-c", "3"],), "open": (["-c", "3", "-R", "400"],)})
def test_a_warm_up_takes_nothing_from_the_requests_that_are_asked_for(url: str, mode: Mode, options: list[str]) -> None:
    result = run(f"{url}/delay/2", *options, "-n", "25", "--warmup", "200ms", *mode)
    assert result.ledger.scheduled == result.ledger.sent == result.ledger.ok == 25
    assert stats_of(url)["requests"] >= 25 + 20


def test_a_run_for_a_time_awaits_its_last_replies(url: str, mode: Mode) -> None:
    result = run(f"{url}/", "-c", "5", "-d", "200ms", *mode)
    assert result.ended_by == "completed"
    assert 0 < result.ledger.sent == result.ledger.ok
    assert_equals_the_servers_count(result, url)


def test_users_that_come_and_go_are_counted_like_any(url: str, mode: Mode) -> None:
    result = run(f"{url}/delay/2", "--stage", "80ms:5", "--stage", "40ms:0", "--stage", "40ms:2", *mode)
    assert (result.users.asked, result.users.started, result.ended_by) == (5, 5, "completed")
    assert 0 < result.ledger.sent == result.ledger.ok
    assert result.connections.opened >= 5
    assert_equals_the_servers_count(result, url)


@pytest.mark.parametrize(
    ("options", "arrivals"), [(["-R", "2000"], 200), (["-R", "60000"], 6000), (["-R", "200", "--precise"], 20)]
)
@pytest.mark.parametrize("name", ["pool", "async", "threads"])
def test_arrivals_are_all_sent_or_counted(url: str, name: str, options: list[str], arrivals: int) -> None:
    """Waited for by a timer, too near to be waited for, and spun for; each worker has its share."""
    if name == "threads":
        options = options[:2]  # only the raw client can spin
    workers = ["--workers", "2"] if name == "pool" else []
    result = run(url, "-c", "5", "-d", "100ms", *options, *MODES[name], *workers)
    assert result.ledger.scheduled == arrivals
    assert result.ledger.scheduled == result.ledger.sent + result.ledger.not_sent
    assert 0 < result.ledger.ok == result.ledger.sent
    assert result.latency_ms["send_lag"].count + result.latency_ms["send_lag"].censored == result.ledger.scheduled
    assert_equals_the_servers_count(result, url)


@pytest.mark.slow  # imports httpx, and worker processes import it again
def test_the_httpx_client_counts_the_same(url: str, local_mode: Mode) -> None:
    result = run(f"{url}/bytes/1000", "-c", "5", "-n", "40", "--client", "httpx", *local_mode)
    assert result.ledger.ok == 40
    assert_equals_the_servers_count(result, url)


def test_without_keepalive_every_request_has_a_connection_of_its_own(url: str, local_mode: Mode) -> None:
    result = run(f"{url}/", "-c", "5", "-n", "20", "--no-keepalive", *local_mode)
    assert result.ledger.ok == 20
    assert result.connections.reused == 0
    assert result.connections.opened == 20 + result.connections.unused  # of users that came too late for a request
    assert_equals_the_servers_count(result, url)


def test_several_requests_are_counted_by_name_and_weight(url: str, mode: Mode, tmp_path: Path) -> None:
    text = f"""
        target: {url}
        connections: 4
        total_requests: 400
        requests:
          - {{name: often, path: /bytes/10, weight: 3}}
          - {{name: rare, path: /status/404, weight: 1, expect: {{status: 404}}}}
    """
    result = run(profile(tmp_path, text), *mode)
    often, rare = result.requests["often"], result.requests["rare"]
    assert (often.ledger.ok, rare.ledger.ok) == (result.status_codes["200"], result.status_codes["404"])
    assert often.ledger.ok + rare.ledger.ok == 400
    assert 240 <= often.ledger.ok <= 360
    assert often.bytes.received + rare.bytes.received == result.bytes.received
    assert_equals_the_servers_count(result, url)


@pytest.mark.parametrize(
    ("expect", "error"),
    [
        ("{status: 201}", "unexpected_status"),
        ("{body_contains: goodbye}", "unexpected_body"),
        ("{length: 13}", "unexpected_length"),
    ],
)
def test_a_reply_that_breaks_expect_is_a_failure(
    url: str, local_mode: Mode, tmp_path: Path, expect: str, error: str
) -> None:
    text = f"{{target: {url}, connections: 3, total_requests: 12, requests: [{{expect: {expect}}}]}}"
    result = run(profile(tmp_path, text), *local_mode, code=99)
    assert (result.ledger.ok, result.ledger.failed) == (0, 12)
    assert [(row.error_class, row.count, row.fault) for row in result.errors] == [(error, 12, "target")]
    assert result.errors[0].example.startswith("HTTP/1.1 200 OK")
    assert result.latency_ms["response"].count == 0
    assert result.latency_ms["failed"].count == 12
    assert_equals_the_servers_count(result, url)


def test_a_reply_that_meets_expect_passes(url: str, local_mode: Mode, tmp_path: Path) -> None:
    expect = "{status: [200, 201], body_contains: world, length: 12}"
    text = f"{{target: {url}, connections: 3, total_requests: 12, requests: [{{expect: {expect}}}]}}"
    assert run(profile(tmp_path, text), *local_mode).ledger.ok == 12


def test_a_body_is_posted_whole(url: str, local_mode: Mode, tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_bytes(b"0123456789" * 20_000)
    result = run(f"{url}/upload", "-c", "2", "-n", "6", "-b", f"@{file}", *local_mode)
    assert result.ledger.ok == 6
    assert result.bytes.sent > 6 * file.stat().st_size
    assert_equals_the_servers_count(result, url)


@pytest.mark.parametrize("given", ["text of a body", "-"])
def test_a_body_may_be_text_or_standard_input(url: str, given: str) -> None:
    result = run(f"{url}/upload", "-c", "1", "-n", "1", "-b", given, *MODES["pool"], stdin=b"text of a body")
    assert result.ledger.ok == 1
    assert result.bytes.sent == run(f"{url}/upload", "-c", "1", "-n", "1", "-b", "x" * 14, *MODES["pool"]).bytes.sent


def test_a_large_body_is_sent_from_its_file(url: str, tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_bytes(b"0123456789" * 1_000_000)  # more than a run keeps in memory
    result = run(f"{url}/upload", "-c", "2", "-n", "2", "--processes", "2", "-b", f"@{file}")
    assert result.ledger.ok == 2
    assert result.bytes.sent > 2 * file.stat().st_size
    assert result.plan["requests"][0]["body_file"] == str(file)
    assert_equals_the_servers_count(result, url)


def test_users_think_between_their_requests(url: str, mode: Mode) -> None:
    result = run(f"{url}/", "-c", "4", "-n", "12", "--think", "10ms..20ms", *mode)
    assert result.ledger.ok == 12
    assert result.duration_s >= 0.020, "each user has paused twice"
    assert result.latency_ms["send_lag"].count == 12
    assert_equals_the_servers_count(result, url)


def test_users_of_a_ramp_start_one_after_another(url: str, local_mode: Mode) -> None:
    result = run(f"{url}/", "-c", "4", "-n", "4", "--ramp-up", "80ms", "--think", "60s", *local_mode)
    assert result.users.started == result.ledger.ok == 4
    assert result.duration_s >= 0.060, "the last of four begins when three quarters of the ramp are over"
    assert result.connections.opened == 4
    assert_equals_the_servers_count(result, url)
