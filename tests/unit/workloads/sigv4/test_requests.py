"""Signatures for any service, as botocore makes them."""

import datetime

import pytest

from loadgen.base.endpoint import Origin
from loadgen.base.exchange import Fields, Request
from loadgen.plan.jobs.http import Signing
from loadgen.workloads.file_body import FileBody
from loadgen.workloads.sigv4.credentials import Credentials, Provider
from loadgen.workloads.sigv4.requests import RequestSigner

pytest.importorskip("botocore", reason="the extra `s3` is not installed")

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

ORIGIN = Origin("https", "api.example.test", 443)
AT_S = 1_440_938_160
ACCESS, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def signer(service="execute-api", clock=lambda: AT_S, token=None):
    signing = Signing("eu-central-1", service)
    return RequestSigner(signing, ORIGIN, Provider(Credentials(ACCESS, SECRET, token)), clock)


def botocores(request, service, body, monkeypatch, token=None):
    """What botocore puts into Authorization for the same request."""
    fields = dict(request.fields.pairs)
    headers = {"x-amz-content-sha256": fields["x-amz-content-sha256"]}
    if "Host" in fields:
        headers["Host"] = fields["Host"]
    asked = AWSRequest(request.method, f"https://api.example.test{request.target}", headers, body)

    then = datetime.datetime.fromtimestamp(AT_S, datetime.UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **_given: then)
    auth = SigV4Auth(BotoCredentials(ACCESS, SECRET, token), service, "eu-central-1")
    auth.add_auth(asked)
    return asked.headers["Authorization"]


@pytest.mark.parametrize(
    "target",
    ["/", "/items", "/a%20b/%7Bid%7D", "/items?b=2&a=1&a=0", "/?name=a%2Bb%20c&empty=", "/x?n=%C3%A9"],
)
@pytest.mark.parametrize("token", [None, "session-token"])
def test_a_request_is_signed_as_botocore_signs_it(target, token, monkeypatch):
    request = signer(token=token).signed(Request(0, "POST", target, Fields((("X-A", "1"),)), body=b'{"a":1}'))
    fields = dict(request.fields.pairs)
    assert fields["X-A"] == "1"
    assert fields["x-amz-date"] == "20150830T123600Z"
    assert fields["Authorization"] == botocores(request, "execute-api", b'{"a":1}', monkeypatch, token)


def test_a_host_of_the_request_s_own_is_the_one_that_is_signed(monkeypatch):
    request = signer().signed(Request(0, "GET", "/", Fields((("Host", "other.test"),))))
    assert dict(request.fields.pairs)["Authorization"] == botocores(request, "execute-api", b"", monkeypatch)


def test_what_stays_the_same_is_signed_once_a_second():
    now = [float(AT_S)]
    one = signer(clock=lambda: now[0])
    request = Request(0, "GET", "/", Fields(()))
    first = one.signed(request)
    now[0] += 0.5
    assert one.signed(request) is first
    now[0] += 1
    assert one.signed(request).fields.block != first.fields.block


def test_a_file_is_hashed(tmp_path):
    (tmp_path / "file").write_bytes(b"hello" * 100_000)
    body = FileBody(str(tmp_path / "file"))
    from_file = signer().signed(Request(0, "PUT", "/", Fields(()), body=body))
    whole = signer().signed(Request(0, "PUT", "/", Fields(()), body=b"hello" * 100_000))
    assert from_file.fields.block == whole.fields.block
    assert from_file.body is body
