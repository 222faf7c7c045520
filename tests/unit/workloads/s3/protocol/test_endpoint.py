import pytest

from loadgen.base.errors import UsageError
from loadgen.workloads.s3.protocol.endpoint import check_bucket, find_bucket

DEFAULT = "us-east-1"


def find(bucket="photos", environment=None, settings=None, **given):
    return find_bucket(bucket, environment=environment or {}, settings=settings, **given)


@pytest.mark.parametrize(
    ("given", "origin", "path", "region"),
    [
        ({}, "https://photos.s3.us-east-1.amazonaws.com", "/", DEFAULT),
        ({"region": "eu-west-1"}, "https://photos.s3.eu-west-1.amazonaws.com", "/", "eu-west-1"),
        ({"region": "cn-north-1"}, "https://photos.s3.cn-north-1.amazonaws.com.cn", "/", "cn-north-1"),
        ({"bucket": "my.photos"}, "https://s3.us-east-1.amazonaws.com", "/my.photos", DEFAULT),
        ({"addressing": "path"}, "https://s3.us-east-1.amazonaws.com", "/photos", DEFAULT),
        ({"endpoint": "http://127.0.0.1:9000"}, "http://127.0.0.1:9000", "/photos", DEFAULT),
        ({"endpoint": "http://[::1]:9000/"}, "http://[::1]:9000", "/photos", DEFAULT),
        ({"endpoint": "https://store.example/s3/"}, "https://store.example", "/s3/photos", DEFAULT),
        ({"endpoint": "https://store.example", "addressing": "virtual"}, "https://photos.store.example", "/", DEFAULT),
        ({"endpoint": "https://s3.eu-north-1.amazonaws.com"}, "https://photos.s3.eu-north-1.amazonaws.com", "/",
         "eu-north-1"),
        ({"endpoint": "https://s3.amazonaws.com"}, "https://photos.s3.amazonaws.com", "/", DEFAULT),
        ({"endpoint": "http://localhost", "bucket": "Old_Photos"}, "http://localhost", "/Old_Photos", DEFAULT),
    ],
)  # fmt: skip
def test_a_bucket_is_found(given, origin, path, region):
    address = find(**given)
    assert (str(address.origin), address.path(None), address.region) == (origin, path, region)


def test_a_key_is_encoded_below_the_bucket_in_both_styles():
    path = find(endpoint="http://127.0.0.1:9000")
    assert path.path("a b/../c") == "/photos/a%20b/../c"
    assert path.path("/a") == "/photos//a"
    virtual = find()
    assert virtual.path("a b") == "/a%20b"
    assert path.copy_source("a b") == virtual.copy_source("a b") == "/photos/a%20b"


ENVIRONMENT = {
    "AWS_ENDPOINT_URL_S3": "http://s3-variable:1",
    "AWS_ENDPOINT_URL": "http://variable:1",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-2",
    "AWS_CA_BUNDLE": "/etc/variable.pem",
}
SETTINGS = {
    "endpoint_url": "http://profile:1",
    "region": "eu-west-3",
    "ca_bundle": "/etc/profile.pem",
    "addressing_style": "virtual",
}


def without(*names):
    return {name: value for name, value in ENVIRONMENT.items() if name not in names}


@pytest.mark.parametrize(
    ("given", "environment", "origin", "region"),
    [
        ({"endpoint": "http://flag:1", "region": "eu-west-9"}, ENVIRONMENT, "http://photos.flag:1", "eu-west-9"),
        ({}, ENVIRONMENT, "http://photos.s3-variable:1", "eu-west-1"),
        ({}, without("AWS_ENDPOINT_URL_S3", "AWS_REGION"), "http://photos.variable:1", "eu-west-2"),
        ({}, {}, "http://photos.profile:1", "eu-west-3"),
        ({"addressing": "path"}, {}, "http://profile:1", "eu-west-3"),
        (
            {},
            {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "AWS_ENDPOINT_URL": "http://variable:1"},
            "https://photos.s3.eu-west-3.amazonaws.com",
            "eu-west-3",
        ),
    ],
)
def test_what_is_given_wins_over_variables_and_those_over_the_profile(given, environment, origin, region):
    address = find(environment=environment, settings=SETTINGS, **given)
    assert (str(address.origin), address.region) == (origin, region)


def test_the_ca_bundle_comes_from_the_variable_or_the_profile():
    assert find().ca_file is None
    assert find(settings=SETTINGS).ca_file == "/etc/profile.pem"
    assert find(environment=ENVIRONMENT, settings=SETTINGS).ca_file == "/etc/variable.pem"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"endpoint": "127.0.0.1:9000"}, r"^--endpoint: expected a URL .*did you mean http://127.0.0.1:9000/\?"),
        ({"endpoint": "http://key:CANARY@host"}, "^--endpoint: expected a URL without user and password"),
        ({"endpoint": "http://host/?x=1"}, "^--endpoint: expected a URL without a query"),
        ({"environment": {"AWS_ENDPOINT_URL": "ftp://x"}}, "^AWS_ENDPOINT_URL: expected a URL"),
        ({"region": "eu west"}, "^--region: expected a region"),
        ({"endpoint": "http://127.0.0.1:9000", "addressing": "virtual"}, "^--addressing virtual: http://127.0.0.1:9000"),
        ({"endpoint": "http://[::1]:9000", "addressing": "virtual"}, "^--addressing virtual"),
        ({"bucket": "Old_Photos"}, "^--bucket: expected 3 to 63"),
        ({"bucket": "a/b", "endpoint": "http://127.0.0.1:9000"}, "^--bucket: expected letters"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_where_it_was_given(given, problem):
    with pytest.raises(UsageError, match=problem) as caught:
        find(**given)
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize("bucket", ["abc", "a-b", "a.b.c", "1photos", "x" * 63])
def test_names_that_a_bucket_may_have(bucket):
    check_bucket(bucket, strict=True)
    check_bucket(bucket, strict=False)


@pytest.mark.parametrize(
    "bucket",
    ["", "ab", "x" * 64, "Photos", "my_photos", "-photos", "photos-", ".photos", "photos.", "my..photos",
     "192.168.5.4", "xn--photos", "sthree-photos", "photos-s3alias", "photos--x-s3", "pho tos", "photos\n", "photös"],
)  # fmt: skip
def test_names_that_a_bucket_may_not_have(bucket):
    with pytest.raises(UsageError, match="--bucket"):
        check_bucket(bucket, strict=True)


@pytest.mark.parametrize("bucket", ["", ".", "..", "a/b", "a b", "a\n", "a?b", "x" * 256])
def test_names_that_no_path_can_hold(bucket):
    with pytest.raises(UsageError, match="--bucket"):
        check_bucket(bucket, strict=False)
