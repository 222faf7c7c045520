"""No secret is in what anything of S3 shows of itself, nor in what is left of a request after redaction."""

import traceback

import pytest

from loadgen.base.errors import UsageError
from loadgen.base.redact import Redactor
from loadgen.plan.jobs.s3_operations import Operation
from loadgen.workloads.s3.protocol.checksums import make_checksum
from loadgen.workloads.s3.protocol.data import Given
from loadgen.workloads.s3.protocol.endpoint import find_bucket
from loadgen.workloads.s3.protocol.operations import Operations
from loadgen.workloads.sigv4.credentials import Credentials, Provider, find_credentials
from loadgen.workloads.sigv4.signer import ChunkSigner, Signer

ACCESS, SECRET, TOKEN = "AKIACANARYCANARYKEYS", "cAnArY+secret/77", "cAnArY+token/88=="
CANARIES = (ACCESS, SECRET, TOKEN, "cAnArY")
CREDENTIALS = Credentials(ACCESS, SECRET, TOKEN)
ADDRESS = find_bucket("photos", endpoint="http://127.0.0.1:9000", environment={})


def is_clean(text):
    return not any(canary in text for canary in CANARIES)


def operations(**options):
    return Operations(ADDRESS, Provider(CREDENTIALS), dict.fromkeys(Operation, 0), **options)


def test_nothing_shows_a_secret_of_itself():
    signer = Signer(ADDRESS.origin.authority, ADDRESS.region)
    _, signature = signer.sign(CREDENTIALS, 1, "PUT", "/k", "", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
    chunks = signer.chunk_signer(signature)
    assert isinstance(chunks, ChunkSigner)
    made = operations(payload="streaming", checksum=make_checksum("crc32"))
    request = made.put("k", Given(b"x"))
    shown = (CREDENTIALS, Provider(CREDENTIALS), signer, chunks, made, request, request.body, request.fields, ADDRESS)
    for thing in shown:
        for text in (repr(thing), str(thing), f"{thing}", repr([thing])):
            assert is_clean(text), text


@pytest.mark.parametrize("payload", ["signed", "streaming"])
def test_a_signed_request_is_clean_after_redaction(payload):
    redactor = Redactor(CREDENTIALS.secrets)
    made = operations(payload=payload)
    for request in (made.get("k"), made.put("k", Given(b"x")), made.presigned_get("k", 60)):
        body = request.body if isinstance(request.body, bytes) else b"".join(map(bytes, request.body.chunks()))
        sent = f"{request.method} {request.target}\r\n".encode() + request.fields.block + b"\r\n" + body
        for text in (redactor.bytes_(sent), redactor.text(sent.decode()), redactor.text(request.target)):
            assert is_clean(text), text
            assert "Signature=" not in text.replace("Signature=[redacted]", ""), text
            assert "chunk-signature=" not in text.replace("chunk-signature=[redacted]", ""), text


@pytest.mark.parametrize(
    "environment",
    [
        {"AWS_ACCESS_KEY_ID": ACCESS},
        {"AWS_SECRET_ACCESS_KEY": SECRET},
        {"AWS_ACCESS_KEY_ID": ACCESS + "\n", "AWS_SECRET_ACCESS_KEY": SECRET},
        {"AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": TOKEN + "\n"},
    ],
)
def test_an_error_about_credentials_shows_none(environment):
    with pytest.raises(UsageError) as caught:
        find_credentials(environment)
    assert is_clean("".join(traceback.format_exception(caught.value)))


def test_an_endpoint_with_credentials_is_refused_without_them():
    with pytest.raises(UsageError) as caught:
        find_bucket("photos", endpoint=f"http://{ACCESS}:{SECRET}@host", environment={})
    assert is_clean("".join(traceback.format_exception(caught.value)))
