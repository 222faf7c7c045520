"""What can keep a request from passing, and whose fault it is."""

from enum import StrEnum


class ErrorClass(StrEnum):
    """Everything that can keep a request from passing, a row each; the value is the name in a Result.

    `text` says it to a person. `fault` is whose it is: `target` counts against thresholds, `generator` and `unknown`
    never do.
    """

    text: str
    fault: str

    def __new__(cls, name: str, text: str = "", fault: str = "target") -> "ErrorClass":
        error = str.__new__(cls, name)
        error._value_ = name
        error.text, error.fault = text, fault
        return error

    CONNECTION_REFUSED = "connection_refused", "connection refused"
    CONNECTION_RESET = "connection_reset", "connection reset by the server"
    UNREACHABLE = "unreachable", "host or network unreachable"
    CONNECT_TIMEOUT = "connect_timeout", "no connection within --connect-timeout"
    PROXY = "proxy_error", "the proxy opened no way to the target", "generator"
    TLS = "tls_error", "TLS handshake or certificate failed"
    TIMEOUT = "timeout", "no complete reply within --timeout"
    MALFORMED_REPLY = "malformed_reply", "the reply is not HTTP as it was asked for"
    EARLY_CLOSE = "early_close", "connection closed in the middle of a reply"
    STALE_CONNECTION = (
        "stale_connection",
        "the server had already closed the reused connection; --no-keepalive reuses none",
    )
    REFUSED_STREAM = "refused_stream", "the server refused the stream, without looking at the request"
    STREAM_RESET = "stream_reset", "the server reset the stream before its reply was whole"
    GRPC_STATUS = "grpc_status", "the call ended with another gRPC status than was expected"
    STREAM_BROKEN = "stream_broken", "the reply's parts did not come to the end that was asked for"
    STREAM_STALLED = "stream_stalled", "no further part of the reply within --timeout"
    UNEXPECTED_STATUS = "unexpected_status", "status not among the expected ones"
    UNEXPECTED_BODY = "unexpected_body", "body lacks the expected text"
    UNEXPECTED_HEADER = "unexpected_header", "a header is not the expected one"
    UNEXPECTED_TIME = "unexpected_time", "the reply took longer than expected"
    UNEXPECTED_LENGTH = "unexpected_length", "body length differs from the expected one"
    UNDECODABLE = "undecodable", "the body is not what its Content-Encoding says, or holds more than 64 MiB"
    WRONG_CONTENT = "wrong_content", "the object differs from what was put"
    PROCESSING = "processing_failed", "the function failed on an object"
    CALL_FAILED = "call_failed", "a call of the scenario failed"
    CHECK_FAILED = "check_failed", "a check of the scenario failed"
    NO_DESCRIPTORS = "no_descriptors", "this machine ran out of file descriptors", "generator"
    NO_PORTS = "no_ports", "this machine ran out of ephemeral ports", "generator"
    GENERATOR = "generator_error", "the generator itself failed", "generator"
    SCRIPT_ERROR = "script_error", "the scenario's own code raised an exception", "generator"
    CUT = "cut", "still running when the grace period ended", "unknown"
