"""Where a bucket is: its origin, region and path, from flags, the usual AWS variables and a profile's settings."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, cast
from urllib.parse import quote

from loadgen.base.dataclass import dataclass
from loadgen.base.endpoint import Origin
from loadgen.base.errors import UsageError
from loadgen.base.pattern import pattern
from loadgen.plan.jobs.s3_places import Addressing
from loadgen.plan.profiles.address import Target, parse_target

_is_plain = pattern(r"[A-Za-z0-9/_.~-]*").fullmatch
DEFAULT_REGION = "us-east-1"

_REGION = pattern(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
_AWS_HOST = pattern(r"s3[.-](?:dualstack\.)?(?:([a-z0-9-]+)\.)?amazonaws\.com(?:\.cn)?")
_BUCKET = pattern(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_OLD_BUCKET = pattern(r"[A-Za-z0-9._-]{1,255}")
_RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_ADDRESS = pattern(r"\d+\.\d+\.\d+\.\d+")


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """One bucket. `root` is the encoded path of the bucket itself, without a slash at its end: "/bucket", or ""."""

    origin: Origin
    region: str
    bucket: str
    root: str
    addressing: Literal["path", "virtual"]
    ca_file: str | None = None

    def path(self, key: str | None) -> str:
        """The path of requests about an object, or without a key about the bucket."""
        return (self.root or "/") if key is None else f"{self.root}/{encode_key(key)}"

    def copy_source(self, key: str) -> str:
        """An object of this bucket as the x-amz-copy-source header names it."""
        return f"/{self.bucket}/{encode_key(key)}"


def find_bucket(
    bucket: str,
    *,
    endpoint: str | None = None,
    region: str | None = None,
    addressing: Addressing = "auto",
    environment: Mapping[str, str],
    settings: Mapping[str, str] | None = None,
) -> BucketAddress:
    """The address of a bucket; what is given wins over the environment, and that over a profile's `settings`.

    `auto` puts the bucket in the path, but at AWS in the host where its name allows. Raises UsageError.
    """
    profile = {} if settings is None else settings
    region = region or environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or profile.get("region")
    if region is not None and not _REGION.fullmatch(region):
        raise UsageError(f"--region: expected a region such as {DEFAULT_REGION}, got {region!r}")
    if addressing == "auto" and profile.get("addressing_style") in ("path", "virtual"):
        addressing = cast(Addressing, profile["addressing_style"])
    source, url = _endpoint(endpoint, environment, profile)
    target = _target(source, url or _aws_url(region or DEFAULT_REGION))
    aws = _AWS_HOST.fullmatch(target.origin.host)
    style = _style(addressing, bucket, target.origin, is_aws=aws is not None)
    check_bucket(bucket, strict=style == "virtual" or aws is not None)
    address = BucketAddress(
        origin=target.origin,
        region=region or (aws[1] if aws and aws[1] else DEFAULT_REGION),
        bucket=bucket,
        root=target.path.rstrip("/"),
        addressing=style,
        ca_file=environment.get("AWS_CA_BUNDLE") or profile.get("ca_bundle"),
    )
    if style == "path":
        return replace(address, root=f"{address.root}/{bucket}")
    return replace(address, origin=replace(target.origin, host=f"{bucket}.{target.origin.host}"))


def check_bucket(bucket: str, *, strict: bool) -> None:
    """Raise UsageError for what cannot be a bucket: by AWS's rules, or only by what a path can hold.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    if not strict:
        if not _OLD_BUCKET.fullmatch(bucket) or bucket in (".", ".."):
            raise UsageError(f"--bucket: expected letters, digits, dots, hyphens and underscores, got {bucket!r}")
        return
    if not _BUCKET.fullmatch(bucket) or ".." in bucket or _ADDRESS.fullmatch(bucket):
        raise UsageError(
            f"--bucket: expected 3 to 63 lower-case letters, digits, dots and hyphens, no IP address, got {bucket!r}"
        )
    if bucket.startswith(_RESERVED_STARTS) or bucket.endswith(_RESERVED_ENDS):
        raise UsageError(f"--bucket: {bucket!r} begins or ends with what AWS keeps for itself")


def _endpoint(
    endpoint: str | None, environment: Mapping[str, str], profile: Mapping[str, str]
) -> tuple[str, str | None]:
    """The URL and what gave it."""
    if endpoint:
        return "--endpoint", endpoint
    if environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return "", None
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"):
        if environment.get(name):
            return name, environment[name]
    return "endpoint_url of the profile", profile.get("endpoint_url")


def _target(source: str, url: str) -> Target:
    try:
        target = parse_target(url)
    except ValueError as error:
        raise UsageError(f"{source}: {error}") from None
    if target.userinfo is not None:
        raise UsageError(f"{source}: expected a URL without user and password: set AWS_ACCESS_KEY_ID and its secret")
    if "?" in target.path:
        raise UsageError(f"{source}: expected a URL without a query")
    return target


def _aws_url(region: str) -> str:
    return f"https://s3.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"


def _style(addressing: Addressing, bucket: str, origin: Origin, *, is_aws: bool) -> Literal["path", "virtual"]:
    if addressing == "auto":
        return "virtual" if is_aws and "." not in bucket else "path"
    if addressing == "virtual" and origin.is_address:
        raise UsageError(f"--addressing virtual: {origin} is an address, and the bucket would be a part of its name")
    return addressing


def encode_key(key: str) -> str:
    """An object's key as it stands in a path; "/" separates, and "." and ".." are names like any other.

    Raises UsageError for a key that is not UTF-8.
    """
    if _is_plain(key):
        return key
    try:
        return quote(key, safe="/~")
    except UnicodeEncodeError:
        raise UsageError(f"an S3 key must be UTF-8, got {key!a}") from None
