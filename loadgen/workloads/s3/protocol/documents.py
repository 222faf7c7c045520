"""The XML documents of S3, read and written, and what they make of a reply: a good one or not.

The standard library's expat reads them. Entities can only be declared in a document type, which S3 never sends, so a
document with one is refused before anything of it is expanded. Errors are not parsed at all but searched, because they
may be cut off, may be a proxy's, and must never be in the way of the report.
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import md5
from html import escape, unescape
from typing import NoReturn
from urllib.parse import unquote_plus
from xml.etree import ElementTree

from loadgen.base.errors import LoadgenError
from loadgen.base.exchange import ErrorClass, Expect

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_ERROR = re.compile(rb"<(?:[\w-]+:)?Error[\s/>]")
_CODE = re.compile(rb"<(?:[\w-]+:)?Code\s*>\s*([A-Za-z0-9._-]{1,64})\s*</")
_MESSAGE = re.compile(rb"<(?:[\w-]+:)?Message\s*>\s*([^<]{1,400})")
_NEXT_PAGE = re.compile(rb"<(?:[\w-]+:)?NextContinuationToken\s*>([^<]+)</")
_ETAG = re.compile(rb"\r\netag:[ \t]*([^\r\n]+?)[ \t]*\r\n", re.IGNORECASE)
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class DocumentError(LoadgenError):
    """A reply that should have been a document of S3 and is not."""


@dataclass(frozen=True, slots=True)
class S3Error:
    """What a server says went wrong: `code` such as NoSuchKey, or empty; `message` is for a person."""

    code: str
    message: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" if self.message else self.code


@dataclass(frozen=True, slots=True)
class Listed:
    """One object of a list."""

    key: str
    size: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. `token` asks for the next one, None after the last."""

    objects: tuple[Listed, ...]
    token: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a multipart upload as its completion names it; `checksum` is base64, where one was asked for."""

    number: int
    etag: str
    checksum: str | None = None


def find_error(data: bytes) -> S3Error | None:
    """The error that a body, or its beginning, tells of; None where it tells of none. Never raises."""
    start = _ERROR.search(data)
    if start is None:
        return None
    code, message = _CODE.search(data, start.end()), _MESSAGE.search(data, start.end())
    return S3Error(_text(code), _text(message))


def read_page(data: bytes) -> Page:
    """A page of ListObjectsV2. Raises DocumentError."""
    root = _parse(data, "ListBucketResult")
    coded = root.findtext("EncodingType") == "url"
    objects = []
    for item in root.iterfind("Contents"):
        size = item.findtext("Size", "").strip()
        if not (size.isascii() and size.isdigit()):
            raise DocumentError(f"the list has an object of size {size!r}")
        objects.append(Listed(_name(item, "Key", coded=coded), int(size)))
    token = root.findtext("NextContinuationToken") if root.findtext("IsTruncated") == "true" else None
    return Page(tuple(objects), token)


def find_token(data: bytes) -> str | None:
    """The token of a page alone, for those who do not look at its objects; None after the last page."""
    match = _NEXT_PAGE.search(data)
    return _text(match) or None


def read_upload_id(data: bytes) -> str:
    """The id of a multipart upload that has begun. Raises DocumentError."""
    upload_id = _parse(data, "InitiateMultipartUploadResult").findtext("UploadId", "")
    if not upload_id:
        raise DocumentError("the multipart upload has no id")
    return upload_id


def read_uploads(data: bytes) -> tuple[tuple[str, str], ...]:
    """The keys and ids of uploads that are under way, one page of them. Raises DocumentError."""
    root = _parse(data, "ListMultipartUploadsResult")
    return tuple((item.findtext("Key", ""), item.findtext("UploadId", "")) for item in root.iterfind("Upload"))


def find_etag(head: bytes) -> str | None:
    """The entity tag in the head of a reply, without its quotes."""
    match = _ETAG.search(head)
    return match[1].decode("latin-1").strip('"') if match else None


def write_delete(keys: Iterable[str]) -> bytes:
    """The body of a multi-object delete of up to 1000 keys; the reply will name only those that failed.

    Raises ValueError for a key that XML cannot hold (see `fits_xml`).
    """
    objects = "".join(f"<Object><Key>{_escaped(key)}</Key></Object>" for key in keys)
    return f'<Delete xmlns="{_NAMESPACE}"><Quiet>true</Quiet>{objects}</Delete>'.encode()


def write_complete(parts: Iterable[Part], checksum_element: str | None = None) -> bytes:
    """The body that puts the parts of a multipart upload together, in the order of their numbers."""
    pieces = []
    for part in sorted(parts, key=lambda part: part.number):
        has_checksum = checksum_element is not None and part.checksum is not None
        checksum = f"<{checksum_element}>{part.checksum}</{checksum_element}>" if has_checksum else ""
        pieces.append(
            f"<Part><PartNumber>{part.number}</PartNumber><ETag>&quot;{_escaped(part.etag)}&quot;</ETag>{checksum}</Part>"
        )
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
        raise DocumentError("the document has a document type, which S3 never sends")


def _parse(data: bytes, name: str, *other_names: str) -> ElementTree.Element:
    """The root element, which must have this name; blanks before it, sent to keep the connection, are skipped."""
    error = find_error(data[:2048])
    try:
        root = ElementTree.fromstring(data.lstrip(), ElementTree.XMLParser(target=_NoDocumentType()))
    except (ElementTree.ParseError, ValueError, LookupError) as problem:
        raise DocumentError(str(error) if error else f"expected <{name}>, got no XML: {problem}") from None
    if root.tag not in (name, *other_names):
        raise DocumentError(str(error) if error else f"expected <{name}>, got <{root.tag[:80]}>")
    return root


def _name(item: ElementTree.Element, element: str, *, coded: bool) -> str:
    text = item.findtext(element, "")
    return unquote_plus(text) if coded else text


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
        if problem is None and self.maybe_error and find_error(kept) is not None:
            return ErrorClass.UNEXPECTED_BODY
        return problem

    @property
    def reads_body(self) -> bool:
        return self.maybe_error or self.body_contains is not None

    def code(self, kept: bytes) -> str:
        error = find_error(kept)
        return error.code if error else ""
