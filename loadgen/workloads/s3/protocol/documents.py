"""The XML documents of S3, read and written, and what they make of a reply: a good one or not.

The standard library's expat reads them. Entities can only be declared in a document type, which S3 never sends, so a
document with one is refused before anything of it is expanded. Errors are not parsed at all but searched, because they
may be cut off, may be a proxy's, and must never be in the way of the report.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable
from datetime import datetime
from hashlib import md5
from html import escape, unescape
from itertools import zip_longest
from typing import Any, NoReturn
from urllib.parse import unquote_plus
from xml.etree import ElementTree

from loadgen.base.dataclass import dataclass
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Outcome
from loadgen.base.pattern import pattern
from loadgen.base.reply import Expect

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_ERROR = pattern(rb"<(?:[\w-]+:)?Error[\s/>]")
_CODE = pattern(rb"<(?:[\w-]+:)?Code\s*>\s*([A-Za-z0-9._-]{1,64})\s*</")
_NEXT_PAGE = pattern(rb"<(?:[\w-]+:)?NextContinuationToken\s*>([^<]+)</")
_TRUNCATED = pattern(rb"<(?:[\w-]+:)?IsTruncated\s*>\s*(\w+)\s*</")
_LIST_END = pattern(rb"</(?:[\w-]+:)?ListBucketResult\s*>\s*\Z")
_REGION = pattern(rb"<(?:[\w-]+:)?Region\s*>\s*([A-Za-z0-9-]{1,63})\s*</")
OTHER_REGION = (
    "AuthorizationHeaderMalformed",
    "PermanentRedirect",
    "TemporaryRedirect",
    "IllegalLocationConstraintException",
)
_RESULT = pattern(rb"<(?:[\w-]+:)?(?:ETag|Key|Location|LastModified)[\s>]")
_OF_A_LIST = ("IsTruncated", "KeyCount", "Contents")
_ETAG = pattern(rb"\r\netag:[ \t]*([^\r\n]+?)[ \t]*\r\n", re.IGNORECASE)
_NOT_IN_XML = pattern("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Listed:
    """One object of a list; `version` is the id of one of its versions, where those are listed, `etag` what tells its
    content, where it has that, and `modified` when it was put, in ISO 8601. A `marker` says that there is no object.
    """

    key: str
    size: int
    version: str = ""
    etag: str = ""
    modified: str = ""
    marker: bool = False

    @property
    def modified_s(self) -> float:
        """Seconds since the epoch. Raises ValueError where the list did not say."""
        return datetime.fromisoformat(self.modified).timestamp()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. `token` asks for the next one, None after the last. `prefixes` stand for what has them, where
    the list is by a delimiter.
    """

    objects: tuple[Listed, ...]
    token: Any
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a multipart upload as its completion names it; `etag` is "" where the store gave none, `checksum` is
    base64, where one was asked for.
    """

    number: int
    etag: str
    checksum: str | None = None


def find_code(data: bytes) -> str | None:
    """The code (perhaps "") of the error that a body, or its beginning, tells of; None where it tells of none."""
    start = _ERROR.search(data)
    return None if start is None else _text(_CODE.search(data, start.end()))


def good_body(outcome: Outcome) -> bytes:
    """What was kept of a good reply's body, nothing of another's."""
    return outcome.reply.kept if outcome.reply is not None and outcome.error is None else b""


def read_page(data: bytes) -> Page:
    """A page of ListObjectsV2. Raises ValueError, with what is wrong, for all that is not a whole one."""
    root = parse_document(data)
    if root is None:
        raise ValueError("the page of the list is no XML, or was cut off")
    if root.tag != "ListBucketResult" and all(root.find(name) is None for name in _OF_A_LIST):
        raise ValueError(f"<{root.tag[:40]}> is no page of a list")
    coded = root.findtext("EncodingType", "").strip() == "url"
    objects = []
    for item in root.iterfind("Contents"):
        key, size = item.findtext("Key", ""), item.findtext("Size", "").strip()
        if not (key and size.isascii() and size.isdigit()):
            raise ValueError("the page of the list has an object without a key or a size")
        etag = item.findtext("ETag", "").strip().strip('"')
        modified = item.findtext("LastModified", "").strip()
        objects.append(Listed(unquote_plus(key) if coded else key, int(size), etag=etag, modified=modified))
    token = _next(root.findtext("IsTruncated", "").strip(), root.findtext("NextContinuationToken", ""))
    prefixes = (item.findtext("Prefix", "") for item in root.iterfind("CommonPrefixes"))
    return Page(tuple(objects), token, tuple(unquote_plus(prefix) if coded else prefix for prefix in prefixes))


def read_dated_page(data: bytes) -> Page:
    """The same, and raises ValueError also where it does not say of an object when it was modified."""
    page = read_page(data)
    try:
        all(item.modified_s for item in page.objects)
    except ValueError:
        raise ValueError("the page of the list does not say when an object was modified") from None
    return page


def read_end(data: bytes) -> Page:
    """The page without its objects, for those who do not look at them; in far less time, and raises the same."""
    truncated = _TRUNCATED.search(data)
    if truncated is None or _LIST_END.search(data, max(0, len(data) - 200)) is None:
        return Page((), read_page(data).token)
    return Page((), _next(_text(truncated), _text(_NEXT_PAGE.search(data))))


def _next(truncated: str, token: str) -> str | None:
    """The token of the page after one that says this. Without a word about more pages, a token says that there are."""
    truncated = truncated.lower()
    if truncated == "false" or (not truncated and not token):
        return None
    if not token:
        raise ValueError("the list goes on, but the page has no token for the next one")
    return token


def read_upload_id(data: bytes) -> str:
    """The id of a multipart upload that has begun, whatever the document is called; "" where there is none."""
    root = parse_document(data)
    return root.findtext("UploadId", "").strip() if root is not None and root.tag != "Error" else ""


def tells_result(data: bytes) -> bool:
    """Whether a document tells of an object that was made: only that is the end of a copy or an upload in parts."""
    return _RESULT.search(data) is not None


def find_etag(head: bytes) -> str | None:
    """The entity tag in the head of a reply, without its quotes."""
    match = _ETAG.search(head)
    return (match[1].decode("latin-1").strip().strip('"') or None) if match else None


def write_delete(keys: Iterable[str], versions: Iterable[str] = ()) -> bytes:
    """The body of a multi-object delete of up to 1000 keys, or of one version of each; the reply will name only those
    that failed.

    Raises ValueError for a key that XML cannot hold (see `fits_xml`).
    """
    pairs = zip_longest(keys, versions, fillvalue="")
    objects = "".join(
        f"<Object><Key>{_escaped(key)}</Key>{f'<VersionId>{_escaped(version)}</VersionId>' if version else ''}</Object>"
        for key, version in pairs
    )
    return f'<Delete xmlns="{_NAMESPACE}"><Quiet>true</Quiet>{objects}</Delete>'.encode()


def write_complete(parts: Iterable[Part], checksum_element: str | None = None) -> bytes:
    """The body that puts the parts of a multipart upload together, in the order of their numbers.

    A part for which the store gave no tag is named without one: it is the store that says whether that will do.
    """
    pieces = []
    for part in sorted(parts, key=lambda part: part.number):
        has_checksum = checksum_element is not None and part.checksum is not None
        checksum = f"<{checksum_element}>{part.checksum}</{checksum_element}>" if has_checksum else ""
        etag = f"<ETag>&quot;{_escaped(part.etag)}&quot;</ETag>" if part.etag else ""
        pieces.append(f"<Part><PartNumber>{part.number}</PartNumber>{etag}{checksum}</Part>")
    return f'<CompleteMultipartUpload xmlns="{_NAMESPACE}">{"".join(pieces)}</CompleteMultipartUpload>'.encode()


def write_location(region: str) -> bytes:
    """The body that creates a bucket in a region other than us-east-1."""
    constraint = f"<LocationConstraint>{_escaped(region)}</LocationConstraint>"
    return f'<CreateBucketConfiguration xmlns="{_NAMESPACE}">{constraint}</CreateBucketConfiguration>'.encode()


def fits_xml(key: str) -> bool:
    """Whether a key can stand in a document: XML 1.0 has no way to write most control characters."""
    return _NOT_IN_XML.search(key) is None


def content_md5(data: bytes) -> str:
    """The Content-MD5 header's value, which S3 wants with documents."""
    return b64encode(md5(data, usedforsecurity=False).digest()).decode()


class _NoDocumentType(ElementTree.TreeBuilder):
    """Builds a tree without namespaces and refuses a document type, the only place where entities can be declared."""

    def start(self, tag: str, attrs: dict[str, str]) -> ElementTree.Element:
        return super().start(tag.rpartition("}")[2], attrs)

    def end(self, tag: str) -> ElementTree.Element:
        return super().end(tag.rpartition("}")[2])

    def doctype(self, _name: str, _public: str, _system: str) -> NoReturn:
        raise ValueError("the document has a document type, which S3 never sends")


def parse_document(data: bytes) -> ElementTree.Element | None:
    """The root element; None for what is no document. Blanks before it, sent to keep the connection, are skipped."""
    try:
        return ElementTree.fromstring(data.lstrip(), ElementTree.XMLParser(target=_NoDocumentType()))
    except (ElementTree.ParseError, ValueError, LookupError):
        return None


def _text(match: re.Match[bytes] | None) -> str:
    return "" if match is None else " ".join(unescape(match[1].decode("utf-8", "replace")).split())


def _escaped(text: str) -> str:
    if not fits_xml(text):
        raise ValueError(f"XML cannot hold {text!r}")
    return escape(text).replace("\r", "&#13;").replace("\n", "&#10;").replace("\t", "&#9;")


@dataclass(frozen=True, slots=True)
class S3Expect(Expect):
    """An Expect that knows S3's errors; `maybe_error` says that a reply with status 200 may hold one.

    S3 answers copies and completions with 200 before it knows how they end, and deletes of many objects with the
    errors of some.
    """

    statuses: tuple[tuple[int, int], ...] = ((200, 299),)
    maybe_error: bool = False

    def verdict(self, status: int, body_length: int, kept: bytes) -> ErrorClass | None:
        problem = Expect.verdict(self, status, body_length, kept)
        if problem is None and self.maybe_error and find_code(kept) is not None:
            return ErrorClass.UNEXPECTED_BODY
        return problem

    @property
    def reads_body(self) -> bool:
        return self.maybe_error or self.body_contains is not None

    def code(self, kept: bytes) -> str:
        return find_code(kept) or ""

    def details(self, code: str, kept: bytes) -> str:
        region = _REGION.search(kept) if code in OTHER_REGION else None
        return "" if region is None else f": it is in region {_text(region)}"


@dataclass(frozen=True, slots=True)
class TellingExpect(S3Expect):
    """A good reply `tells` something; `what` says it to a person."""

    tells: Callable[[bytes], object] = tells_result
    what: str = ""

    def verdict(self, status: int, body_length: int, kept: bytes) -> ErrorClass | None:
        problem = S3Expect.verdict(self, status, body_length, kept)
        return ErrorClass.UNEXPECTED_BODY if problem is None and not self.tells(kept) else problem

    @property
    def reads_body(self) -> bool:
        return True

    def describe(self, status: int, code: str) -> str:
        good = any(low <= status <= high for low, high in self.statuses)
        return f"the reply tells of no {self.what}" if good and not code else S3Expect.describe(self, status, code)
