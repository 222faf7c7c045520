"""The documents that tell what is left in a bucket: versions of objects, uploads under way, what was not deleted."""

import re
from collections.abc import Callable
from urllib.parse import unquote_plus
from xml.etree.ElementTree import Element

from loadgen.base.dataclass import dataclass
from loadgen.base.error_class import ErrorClass
from loadgen.workloads.s3.protocol.documents import Listed, Page, S3Expect, find_code, parse_document

LOCKED = "ObjectLocked"
"""The code of a version that may not be deleted yet. Stores say AccessDenied or InvalidRequest, and why in words."""
_LOCK_WORDS = re.compile(rb"object[- ]?lock|retention|legal[- ]?hold|\bWORM\b", re.IGNORECASE)
_MISSING = 404

Marker = tuple[str, str]


def read_versioning(data: bytes) -> bool:
    """Whether the bucket keeps versions, or has kept some: what was put while it did stays as a version.

    Raises ValueError for another document.
    """
    root = parse_document(data)
    if root is None or root.tag != "VersioningConfiguration":
        raise ValueError("the reply does not tell whether the bucket keeps versions")
    return bool(root.findtext("Status", "").strip())


def read_versions(data: bytes) -> Page:
    """A page of versions and delete markers; its `token` is a Marker. Raises ValueError for all but a whole one."""
    root = _list(data, ("IsTruncated", "Version", "DeleteMarker"))
    decode = _decoder(root)
    objects = []
    for item in root:
        if item.tag in ("Version", "DeleteMarker"):
            key, version = decode(item.findtext("Key", "")), item.findtext("VersionId", "").strip()
            size = item.findtext("Size", "0").strip()
            if not key or not version or not (size.isascii() and size.isdigit()):
                raise ValueError("the page of the list has a version without a key, an id or a size")
            objects.append(Listed(key, int(size), version, marker=item.tag == "DeleteMarker"))
    return Page(tuple(objects), _marker(root, "NextVersionIdMarker"), _prefixes(root))


def read_uploads(data: bytes) -> Page:
    """A page of uploads under way, whose ids stand for versions; its `token` is a Marker. Raises the same."""
    root = _list(data, ("IsTruncated", "Upload", "UploadIdMarker"))
    decode = _decoder(root)
    found = ((item.findtext("Key", ""), item.findtext("UploadId", "").strip()) for item in root.iterfind("Upload"))
    objects = [Listed(decode(key), 0, upload_id) for key, upload_id in found]
    if not all(item.key and item.version for item in objects):
        raise ValueError("the page of the list has an upload without a key or an id")
    return Page(tuple(objects), _marker(root, "NextUploadIdMarker"))


def read_not_deleted(data: bytes) -> set[tuple[str, str]] | None:
    """Keys and version ids of what a delete of many did not delete; None for what is no reply to one."""
    root = parse_document(data)
    if root is None or not (root.tag == "DeleteResult" or any(item.tag in ("Deleted", "Error") for item in root)):
        return None
    return {(item.findtext("Key", ""), item.findtext("VersionId", "").strip()) for item in root.iterfind("Error")}


def _list(data: bytes, of_it: tuple[str, ...]) -> Element:
    root = parse_document(data)
    if root is None:
        raise ValueError("the page of the list is no XML, or was cut off")
    if not root.tag.startswith("List") and all(root.find(name) is None for name in of_it):
        raise ValueError(f"<{root.tag[:40]}> is no page of a list")
    return root


def _decoder(root: Element) -> Callable[[str], str]:
    return unquote_plus if root.findtext("EncodingType", "").strip() == "url" else str


def _marker(root: Element, second: str) -> Marker | None:
    if root.findtext("IsTruncated", "").strip().lower() != "true":
        return None
    marker = _decoder(root)(root.findtext("NextKeyMarker", "")), root.findtext(second, "").strip()
    if not marker[0]:
        raise ValueError("the list goes on, but the page has no marker for the next one")
    return marker


def _prefixes(root: Element) -> tuple[str, ...]:
    decode = _decoder(root)
    return tuple(decode(item.findtext("Prefix", "")) for item in root.iterfind("CommonPrefixes"))


@dataclass(frozen=True, slots=True)
class GoneExpect(S3Expect):
    """What was to be deleted is gone: also where it was gone before."""

    def verdict(self, status: int, body_length: int, kept: bytes) -> ErrorClass | None:
        return None if status == _MISSING else S3Expect.verdict(self, status, body_length, kept)

    def code(self, kept: bytes) -> str:
        code = find_code(kept) or ""
        return LOCKED if code and _LOCK_WORDS.search(kept) else code


@dataclass(frozen=True, slots=True)
class AnsweredExpect(S3Expect):
    """The store did answer, be it that it does not know of such a thing or does not allow it."""

    statuses: tuple[tuple[int, int], ...] = ((200, 499), (501, 501))
