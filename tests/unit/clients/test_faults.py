import errno
import os
import ssl

import pytest

from loadgen.base.error_class import ErrorClass
from loadgen.clients.faults import classify, connect_error, explain, handshake_error

SOCKET = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="h")
OF_THE_SYSTEM = {
    errno.ECONNREFUSED: ErrorClass.CONNECTION_REFUSED,
    errno.ECONNRESET: ErrorClass.CONNECTION_RESET,
    errno.EPIPE: ErrorClass.CONNECTION_RESET,
    errno.ECONNABORTED: ErrorClass.CONNECTION_RESET,
    errno.EHOSTUNREACH: ErrorClass.UNREACHABLE,
    errno.ENETUNREACH: ErrorClass.UNREACHABLE,
    errno.ETIMEDOUT: ErrorClass.CONNECT_TIMEOUT,
    errno.EMFILE: ErrorClass.NO_DESCRIPTORS,
    errno.ENFILE: ErrorClass.NO_DESCRIPTORS,
    errno.EADDRNOTAVAIL: ErrorClass.NO_PORTS,
    errno.EINVAL: ErrorClass.GENERATOR,
}


def system_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def certificate_error() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    return error


@pytest.mark.parametrize("number", OF_THE_SYSTEM, ids=errno.errorcode.get)
def test_what_the_system_says_has_a_class_and_its_own_words(number):
    error = system_error(number)
    assert classify(error) is OF_THE_SYSTEM[number]
    assert explain(error) == os.strerror(number)


@pytest.mark.parametrize("error", [ssl.SSLError(1, "bad record"), certificate_error()], ids=["protocol", "certificate"])
def test_errors_of_tls_are_tls_and_not_of_the_system_although_they_have_its_type(error):
    assert classify(error) is ErrorClass.TLS
    assert connect_error(error) is ErrorClass.TLS


@pytest.mark.parametrize("kind", [ssl.SSLEOFError, ssl.SSLZeroReturnError])
def test_the_end_of_a_tls_connection_is_a_closed_connection(kind):
    assert classify(kind(8, "EOF occurred in violation of protocol")) is ErrorClass.CONNECTION_RESET


@pytest.mark.parametrize("error", [ValueError("no"), OSError("there is no address"), OSError()])
def test_what_nobody_foresaw_is_the_generators_fault(error):
    assert classify(error) is ErrorClass.GENERATOR
    assert type(error).__name__ in explain(error)


@pytest.mark.parametrize("error", [TimeoutError(), TimeoutError("timed out"), system_error(errno.ETIMEDOUT)])
def test_a_connect_that_takes_too_long(error):
    assert connect_error(error) is ErrorClass.CONNECT_TIMEOUT


def test_running_out_of_time_has_a_class_that_counts_against_the_target():
    assert connect_error(TimeoutError()).fault == "target"


@pytest.mark.parametrize(
    "error",
    [system_error(errno.ECONNRESET), system_error(errno.EPIPE), ssl.SSLEOFError(8, "EOF"), ssl.SSLError(1, "alert")],
)
def test_whatever_ends_a_handshake_is_an_error_of_tls(error):
    assert classify(handshake_error(error, SOCKET)) is ErrorClass.TLS


def test_a_handshake_that_ended_otherwise_says_that_it_was_one():
    assert explain(handshake_error(system_error(errno.ECONNRESET), SOCKET)) == (
        "Connection reset by peer during the TLS handshake"
    )
    assert explain(handshake_error(ssl.SSLEOFError(8, "EOF occurred"), SOCKET)) == (
        "the server closed the connection during the TLS handshake"
    )


def test_our_own_deadline_in_a_handshake_stays_one():
    assert connect_error(handshake_error(TimeoutError(), SOCKET)) is ErrorClass.CONNECT_TIMEOUT
