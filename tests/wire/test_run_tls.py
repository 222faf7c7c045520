"""https: verified unless told otherwise, in every mode."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from loadgen.target.options import TargetOptions
from loadgen.target.process import TargetProcess
from tests.support.certificates import Certificates
from tests.support.command import Finished, Mode, loadgen, stats_of, wait_until


@pytest.fixture(scope="module")
def secure_target(certificates: Certificates) -> Iterator[str]:
    options = TargetOptions(port=0, cert=str(certificates.server_cert), key=str(certificates.server_key))
    with TargetProcess(options) as server:
        yield server.url


def run(url: str, *argv: object) -> Finished:
    return loadgen("run", url, "-c", "3", "-n", "12", "-q", "--format", "json", *argv)


def test_a_trusted_certificate_lets_requests_through(
    secure_target: str, certificates: Certificates, mode: Mode
) -> None:
    done = run(f"{secure_target}/bytes/50000", "--cacert", certificates.ca, *mode)
    assert (done.code, done.err) == (0, "")
    assert done.result.ledger.ok == 12
    assert done.result.bytes.received > 12 * 50_000


def test_insecure_takes_any_certificate(secure_target: str, local_mode: Mode) -> None:
    done = run(secure_target, "-k", *local_mode)
    assert (done.code, done.err) == (0, "")
    assert done.result.ledger.ok == 12


def test_a_certificate_nobody_vouches_for_is_a_clear_error(
    secure_target: str, certificates: Certificates, local_mode: Mode, tmp_path: Path
) -> None:
    done = run(secure_target, "--cacert", certificates.stranger, "--max-errors", "4", *local_mode)
    result = done.result
    assert done.code == 108
    assert (result.ledger.ok, result.status_codes) == (0, {})
    assert [(row.error_class, row.fault) for row in result.errors] == [("tls_error", "target")]
    assert "certificate" in result.errors[0].message


def test_the_report_names_the_reason_of_a_refused_certificate(secure_target: str) -> None:
    done = loadgen("run", secure_target, "-c", "1", "-n", "1", "--processes", "1")
    assert done.code == 99
    assert "certificate" in done.out


def test_a_plain_request_to_a_tls_port_is_a_failure(secure_target: str, local_mode: Mode) -> None:
    done = run(secure_target.replace("https:", "http:"), "--max-errors", "3", *local_mode)
    assert done.code == 108
    assert {row.error_class for row in done.result.errors} <= {"early_close", "connection_reset", "malformed_reply"}


def test_a_tls_request_to_a_plain_port_is_a_failure(url: str, local_mode: Mode) -> None:
    done = run(url.replace("http:", "https:"), "-k", "--max-errors", "3", *local_mode)
    assert done.code == 108
    assert {row.error_class for row in done.result.errors} == {"tls_error"}
    wait_until(lambda: stats_of(url)["connections_open"] == 1, "the end of all connections but the question's own")
