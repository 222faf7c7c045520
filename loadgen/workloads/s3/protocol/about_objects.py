"""The documents that tell something of one object beside its bytes: its tags, and who may do what with it."""

from urllib.parse import urlencode

from loadgen.workloads.s3.protocol.documents import parse_document


def read_tags(data: bytes) -> str:
    """The tags of an object, as a header has them: a=b&c=d. Raises ValueError for another document."""
    root = parse_document(data)
    if root is None or root.find("TagSet") is None:
        raise ValueError("the reply does not tell the object's tags")
    return urlencode([(tag.findtext("Key", ""), tag.findtext("Value", "")) for tag in root.iterfind("TagSet/Tag")])


def tells_tags(data: bytes) -> bool:
    """Whether a document tells of tags, be it of none."""
    try:
        read_tags(data)
    except ValueError:
        return False
    return True


def read_grantees(data: bytes) -> set[tuple[str, str]]:
    """Groups that may do something with an object, AllUsers or AuthenticatedUsers, and what: READ or WRITE.

    Raises ValueError for another document.
    """
    root = parse_document(data)
    if root is None or root.find("AccessControlList") is None:
        raise ValueError("the reply does not tell who may do what")
    found = set()
    for grant in root.iterfind("AccessControlList/Grant"):
        group, may = grant.findtext("Grantee/URI", "").rpartition("/")[2], grant.findtext("Permission", "")
        found |= {(group, one) for one in ("READ", "WRITE") if group and may in (one, "FULL_CONTROL")}
    return found
