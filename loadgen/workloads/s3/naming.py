"""Which objects a batch takes by their names, what it calls what is made of them, and which fields go with that."""

import mimetypes
import re
from fnmatch import fnmatchcase
from posixpath import splitext

from loadgen.base.pattern import pattern
from loadgen.plan.jobs.s3 import S3Job
from loadgen.workloads.s3.protocol.documents import Listed

_KEPT = pattern(
    rb"\r\n(content-type|cache-control|content-disposition|content-encoding|content-language|expires|x-amz-meta-[^:\r\n]+):"
    rb"[ \t]*([^\r\n]*?)[ \t]*(?=\r\n)",
    re.IGNORECASE,
)


_TAGS = pattern(rb"\r\nx-amz-tagging-count:[ \t]*[1-9]", re.IGNORECASE)


def is_taken(item: Listed, s3: S3Job) -> bool:
    """Whether a batch takes an object of its source: by its name, size and age. What ends in a slash is a folder."""
    if item.key.endswith("/") or item.size < s3.least_bytes:
        return False
    if s3.most_bytes is not None and item.size > s3.most_bytes:
        return False
    if s3.since_s is not None and item.modified_s < s3.since_s:
        return False
    return not s3.match or fnmatchcase(item.key.removeprefix(s3.source or ""), s3.match)


def name_of(pattern: str, name: str) -> str:
    """The name for what is made of an object: folders stay, and the last part is as the pattern says."""
    if not pattern:
        return name
    folder, slash, last = name.rpartition("/")
    stem, ext = splitext(last)
    parts = {"stem": stem, "ext": ext, "name": last}
    return f"{folder}{slash}{re.sub('{(stem|ext|name)}', lambda found: parts[found[1]], pattern)}"


def has_tags(head: bytes) -> bool:
    """Whether the head of a downloaded object says that it has tags."""
    return _TAGS.search(head) is not None


def kept_fields(head: bytes, key: str) -> dict[str, str]:
    """The header fields of a downloaded object that are its own: its type, what caches do with it, its metadata.

    A key that tells another type by its end has that.
    """
    found = _KEPT.findall(head)
    fields = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in found if value}
    guessed, _ = mimetypes.guess_type(key)
    if guessed is not None and fields.get("content-type", "").partition(";")[0].strip() != guessed:
        fields["content-type"] = guessed
    return fields
