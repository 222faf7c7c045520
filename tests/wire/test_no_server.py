"""Nobody there, or TLS on one side alone: said once, with what to check, and the run is over."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadgen.target.options import TargetOptions
from loadgen.target.process import TargetProcess
from tests.support.certificates import Certificates
from tests.support.command import Command, Mode, load, loadgen, wait_until
from tests.support.listener import Listener, Talk

LONG = ("-d", "1h", "-c", "2")


@pytest.fixture
def dead_port() -> Iterator[int]:
    """Bound, so that nobody else takes it, and not listening."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.fixture(scope="module")
def secure_target(certificates: Certificates) -> Iterator[str]:
    options = TargetOptions(port=0, cert=str(certificates.server_cert), key=str(certificates.server_key))
    with TargetProcess(options) as server:
        yield server.url


class _Forwarder(Listener):
    """Of a port whose server is not up: ends each connection at once."""

    def accepted(self, index: int) -> Talk:
        return lambda _sock, _index: None


def nobody(port: int) -> str:
    """The last line, of one or two."""
    hint = "is the server up, and is that its port? --wait 30s waits for it"
    return f"FAILED nothing listens on 127.0.0.1:{port}; {hint}; exit code 99"


def last_of(text: str) -> str:
    """Its last paragraph, as one line."""
    return " ".join(text.rpartition("\n\n")[2].split())


def test_nothing_listens(dead_port: int, mode: Mode) -> None:
    done = loadgen("run", f"http://127.0.0.1:{dead_port}/", *LONG, *mode)
    assert (done.code, last_of(done.out), done.err) == (99, nobody(dead_port), "")


@pytest.mark.parametrize(
    "load",
    [("-R", "20", "-d", "1h"), ("-n", "1"), ("-c", "1", "--client", "httpx", "-d", "1h"), ("-n", "1", "--strict")],
    ids=" ".join,
)
def test_nothing_listens_whatever_was_asked_for(dead_port: int, load: tuple[str, ...]) -> None:
    done = loadgen("run", f"http://127.0.0.1:{dead_port}/", "--processes", "1", "-T", "p99 < 1s", *load)
    assert (done.code, last_of(done.out), done.err) == (99, nobody(dead_port), "")


def test_nothing_listens_for_journeys(dead_port: int, tmp_path: Path) -> None:
    file = tmp_path / "visit.yaml"
    file.write_text(f"target: http://127.0.0.1:{dead_port}\nscenarios: {{visit: {{steps: [{{path: /}}]}}}}\n")
    done = loadgen("run", file, *LONG, "--processes", "1")
    assert (done.code, last_of(done.out), done.err) == (99, nobody(dead_port), "")


def test_nothing_listens_for_rounds(dead_port: int) -> None:
    done = loadgen("run", f"http://127.0.0.1:{dead_port}/", "--rounds", "2", *LONG, "--processes", "1", "-q")
    assert (done.code, last_of(done.out)) == (99, nobody(dead_port))


def test_nothing_listens_for_a_search(dead_port: int) -> None:
    search = ("--slo", "p99 < 1s", "-d", "1h", "--processes", "1", "-q")
    done = loadgen("find-max", f"http://127.0.0.1:{dead_port}/", *search)
    said = nobody(dead_port).removeprefix("FAILED ").removesuffix("; exit code 99")
    assert (done.code, done.out, done.err) == (99, "", f"loadgen: {said}\n")


def test_quietly_it_is_one_line_and_the_result_is_saved(dead_port: int, tmp_path: Path) -> None:
    saved = tmp_path / "r.json"
    done = loadgen("run", f"http://127.0.0.1:{dead_port}/", *LONG, "--processes", "1", "-q", "-o", saved)
    assert (done.code, done.out, done.err) == (99, "", f"loadgen: {nobody(dead_port)}\n")
    assert load(saved).ended_by == "unreachable"


def test_the_first_failure_ends_a_run_that_wants_it_so(dead_port: int) -> None:
    done = loadgen("run", f"http://127.0.0.1:{dead_port}/", "-c", "1", "--fail-fast", "-q", "--processes", "1")
    assert done.code == 108


def test_tls_to_a_plain_port(url: str, local_mode: Mode) -> None:
    secure = url.replace("http:", "https:")
    done = loadgen("run", secure, *LONG, *local_mode)
    said = "the server does not speak TLS on this port: use http://, or the port of its https://"
    assert (done.code, last_of(done.out), done.err) == (99, f"FAILED {secure}: {said}; exit code 99", "")


def test_plain_http_to_a_tls_port(secure_target: str) -> None:
    plain = secure_target.replace("https:", "http:")
    done = loadgen("run", plain, "-c", "1", "-n", "1", "--processes", "1")
    said = f"FAILED {plain}: the server speaks TLS on this port: use https://; exit code 99"
    assert (done.code, last_of(done.out), done.err) == (99, said, "")


def test_to_wait_for_a_tls_port_with_plain_http_is_in_vain_and_says_why(secure_target: str) -> None:
    plain = secure_target.replace("https:", "http:")
    done = loadgen("run", plain, "--wait", "10ms", "-n", "1")
    said = f"FAILED {plain}: the server speaks TLS on this port: use https:// (after 10ms of --wait); exit code 99"
    assert (done.code, last_of(done.out), done.err) == (99, said, "")


def test_a_server_that_only_fails_is_there(url: str) -> None:
    done = loadgen("run", f"{url}/status/500", "-c", "1", "-n", "20", "--processes", "1", "--format", "json", "-q")
    assert done.result.ledger.failed == 20


def test_wait_ends_when_the_target_is_up(tmp_path: Path) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    command = ("run", f"http://127.0.0.1:{port}/", "-n", "3", "-c", "1", "--wait", "1m", "--format", "json")
    with Command(*command) as run, TargetProcess(TargetOptions(port=port)):
        done = run.finish()
    assert (done.code, done.result.ledger.ok) == (0, 3)


def test_wait_that_is_in_vain_says_what_it_saw(dead_port: int) -> None:
    done = loadgen("run", f"http://127.0.0.1:{dead_port}/", "--wait", "10ms", *LONG)
    said = f"FAILED 127.0.0.1:{dead_port} is not up: Connection refused (after 10ms of --wait); exit code 99"
    assert (done.code, last_of(done.out), done.err) == (99, said, "")


def test_what_accepts_connections_and_ends_them_is_not_up() -> None:
    with _Forwarder() as forwarder:
        done = loadgen("run", f"http://127.0.0.1:{forwarder.port}/", "--wait", "10ms", "-n", "1")
    assert done.code == 99
    assert "is not up: it ends each connection without an answer (after 10ms of --wait)" in last_of(done.out)


def test_a_name_without_an_address_is_a_usage_error_after_waiting_as_before() -> None:
    done = loadgen("run", "http://nowhere.invalid/", "--wait", "10ms", *LONG)
    assert done.code == 2
    assert "cannot resolve 'nowhere.invalid'" in done.err


def test_a_signal_ends_the_waiting() -> None:
    with (
        _Forwarder() as forwarder,
        Command("run", f"http://127.0.0.1:{forwarder.port}/", "--wait", "1h", *LONG) as run,
    ):
        wait_until(lambda: forwarder.connections > 0, "a look")
        run.send(signal.SIGINT)
        done = run.finish()
    assert done.code == 105
    assert "SIGINT received while waiting for the target" in done.out


def test_a_function_has_nothing_to_wait_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tasks.py").write_text("def work(number):\n    return number\n")
    done = loadgen("run", "tasks.py:work", "-n", "1", "--wait", "1s")
    assert (done.code, done.err) == (2, "loadgen: --wait: a function has no target to wait for\n")
