import calendar
import hmac
import re
import time
from hashlib import sha256
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.workloads.s3.protocol.endpoint import encode_key
from loadgen.workloads.sigv4.credentials import Credentials
from loadgen.workloads.sigv4.signer import EMPTY_SHA256, UNSIGNED_PAYLOAD, Mac, Query, Signer

# The examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and its neighbours.
EXAMPLE = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
AT_S = calendar.timegm((2013, 5, 24, 0, 0, 0))
VIRTUAL = "examplebucket.s3.amazonaws.com"


def signature_of(block):
    return re.search(r"Signature=([0-9a-f]{64})\r\n", block.decode())[1]


@pytest.mark.parametrize(
    ("method", "path", "query", "payload", "headers", "signature"),
    [
        (
            "GET", "/test.txt", Query(), EMPTY_SHA256, (("Range", "bytes=0-9"),),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "PUT", encode_key("/test$file.text"), Query(), sha256(b"Welcome to Amazon S3.").hexdigest(),
            (("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            "GET", "/", Query(("lifecycle", None)), EMPTY_SHA256, (),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            "GET", "/", Query(("prefix", "J"), ("max-keys", "2")), EMPTY_SHA256, (),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)  # fmt: skip
def test_the_documented_examples(method, path, query, payload, headers, signature):
    block, _ = Signer(VIRTUAL, "us-east-1").sign(EXAMPLE, AT_S, method, path, query.canonical, payload, headers)
    assert signature_of(block) == signature


def test_a_block_holds_every_field_but_host_ready_to_send():
    block, _ = Signer(VIRTUAL, "us-east-1").sign(
        EXAMPLE, AT_S, "GET", "/test.txt", "", EMPTY_SHA256, (("Range", "bytes=0-9"),)
    )
    assert block.decode() == (
        f"x-amz-content-sha256: {EMPTY_SHA256}\r\n"
        "x-amz-date: 20130524T000000Z\r\n"
        "Range: bytes=0-9\r\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41\r\n"
    )


def test_the_documented_presigned_url():
    target = Signer(VIRTUAL, "us-east-1").presign(EXAMPLE, AT_S, "GET", "/test.txt", 86400)
    assert target == (
        "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )


@pytest.mark.parametrize("expires_s", [0, -1, 7 * 86400 + 1])
def test_a_presigned_url_expires_within_seven_days(expires_s):
    with pytest.raises(ValueError, match="from 1 s to 7 days"):
        Signer(VIRTUAL, "us-east-1").presign(EXAMPLE, AT_S, "GET", "/x", expires_s)


def test_another_second_another_day_and_other_credentials_are_noticed():
    other = Credentials("AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY", "a token")
    kept = Signer(VIRTUAL, "eu-west-1")
    for credentials in (EXAMPLE, other, EXAMPLE):
        for at_s in (AT_S, AT_S + 1, AT_S + 86400, AT_S - 1):
            request = (credentials, at_s, "GET", "/x", "", EMPTY_SHA256)
            assert kept.sign(*request) == Signer(VIRTUAL, "eu-west-1").sign(*request)


def test_a_key_is_encoded_once_and_never_normalised():
    assert encode_key("a/b-c_d.e~f") == "a/b-c_d.e~f"
    assert encode_key("a//../b/./c/") == "a//../b/./c/"
    assert encode_key("a b+c%20d?e&f=g#h") == "a%20b%2Bc%2520d%3Fe%26f%3Dg%23h"
    assert encode_key("bäume/木\n") == "b%C3%A4ume/%E6%9C%A8%0A"


def test_a_query_is_sorted_as_it_is_encoded():
    query = Query(("prefix", "a b/"), ("list-type", "2"), ("Z", "1"), ("delimiter", "/"), ("versions", None))
    assert query.canonical == "Z=1&delimiter=%2F&list-type=2&prefix=a%20b%2F&versions="
    assert query.suffix == "?Z=1&delimiter=%2F&list-type=2&prefix=a%20b%2F&versions"
    assert Query().suffix == ""


# Against botocore's own signer.

KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
VISIBLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)
NAMES = st.from_regex(r"x-amz-meta-[a-z0-9-]{1,12}", fullmatch=True)
HEADERS = st.dictionaries(NAMES, VISIBLE.map(str.strip), max_size=4)
HOSTS = st.sampled_from(["bucket.s3.amazonaws.com", "127.0.0.1:9000", "[::1]:9000"])
TOKENS = st.none() | st.from_regex(r"[A-Za-z0-9+/=]{1,60}", fullmatch=True)


@pytest.mark.slow  # a hundred requests, signed twice
@given(
    st.sampled_from(["GET", "PUT", "HEAD", "DELETE", "POST"]),
    HOSTS,
    KEYS,
    st.dictionaries(st.from_regex(r"[A-Za-z-]{1,10}", fullmatch=True), KEYS, max_size=4),
    HEADERS,
    st.binary(max_size=20),
    TOKENS,
)
def test_signatures_are_botocores(method, host, key, pairs, headers, body, token):
    path, query = encode_key(f"/{key}"), Query(*pairs.items())
    request = AWSRequest(method, f"http://{host}{path}{query.suffix}", headers, body)
    S3SigV4Auth(BotocoreCredentials("AKID", "sEcReT", token), "s3", "eu-west-1").add_auth(request)
    at_s = calendar.timegm(time.strptime(request.context["timestamp"], "%Y%m%dT%H%M%SZ"))
    block, _ = Signer(host, "eu-west-1").sign(
        Credentials("AKID", "sEcReT", token), at_s, method, path, query.canonical,
        sha256(body).hexdigest(), tuple(headers.items()),
    )  # fmt: skip
    ours = dict(line.split(": ", 1) for line in block.decode().split("\r\n")[:-1])
    assert ours == {name if name in ours else name.lower(): value for name, value in request.headers.items()}


@settings(max_examples=50)
@given(HOSTS, KEYS, TOKENS)
def test_presigned_urls_are_botocores(host, key, token):
    path = encode_key(f"/{key}")
    request = AWSRequest("GET", f"https://{host}{path}")
    signer = S3SigV4QueryAuth(BotocoreCredentials("AKID", "sEcReT", token), "s3", "eu-west-1", expires=60)
    signer.add_auth(request)
    at_s = calendar.timegm(time.strptime(request.context["timestamp"], "%Y%m%dT%H%M%SZ"))
    target = Signer(host, "eu-west-1").presign(Credentials("AKID", "sEcReT", token), at_s, "GET", path, 60)
    theirs = urlsplit(request.url).query
    assert sorted(target.partition("?")[2].split("&")) == sorted(theirs.split("&"))


def test_an_unsigned_payload_is_said_to_be_one():
    block, _ = Signer(VIRTUAL, "us-east-1").sign(EXAMPLE, AT_S, "PUT", "/x", "", UNSIGNED_PAYLOAD)
    assert b"x-amz-content-sha256: UNSIGNED-PAYLOAD\r\n" in block


@given(st.binary(max_size=64), st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_a_mac_is_hmac_sha256(key, text):
    assert Mac(key).sign(text) == hmac.digest(key, text.encode(), "sha256").hex()
