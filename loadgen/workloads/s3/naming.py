"""Which objects a batch takes by their names, what it calls what is made of them, and which fields go with that."""

import mimetypes
import re
from fnmatch import fnmatchcase
from posixpath import splitext

from loadgen.workloads.s3.protocol.documents import Listed

_KEPT = re.compile(
    rb"\r\n(content-type|cache-control|content-disposition|content-encoding|content-language|expires|x-amz-meta-[^:\r\n]+):"
    rb"[ \t]*([^\r\n]*?)[ \t]*(?=\r\n)",
    re.IGNORECASE,
)


def is_taken(item: Listed, source: str, pattern: str) -> bool:
    """Whether an object's name under the source fits a pattern with a shell's wildcards; without one each does."""
    return not pattern or fnmatchcase(item.key.removeprefix(source), pattern)


def name_of(pattern: str, name: str) -> str:
    """The name for what is made of an object: folders stay, and the last part is as the pattern says."""
    if not pattern:
        return name
    folder, slash, last = name.rpartition("/")
    stem, ext = splitext(last)
    parts = {"stem": stem, "ext": ext, "name": last}
    return f"{folder}{slash}{re.sub('{(stem|ext|name)}', lambda found: parts[found[1]], pattern)}"


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
