import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.workloads.s3.protocol.documents import (
    Listed,
    Page,
    Part,
    content_md5,
    find_code,
    fits_xml,
    read_end,
    read_page,
    read_upload_id,
    write_complete,
    write_delete,
    write_location,
)

NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NO_SUCH_KEY = (
    f"{HEAD}<Error><Code>NoSuchKey</Code><Message>The resource\n you requested &amp; more</Message>"
    "<Resource>/b/k</Resource></Error>"
).encode()
READERS = ((read_upload_id, ""),)


def page(inner, namespace=NAMESPACE):
    return f"{HEAD}<ListBucketResult {namespace}><Name>b</Name>{inner}</ListBucketResult>".encode()


def item(key, size=3):
    return f"<Contents><Key>{key}</Key><Size>{size}</Size></Contents>"


@pytest.mark.parametrize("namespace", [NAMESPACE, ""])
def test_a_page_of_a_list_with_or_without_its_namespace(namespace):
    found = read_page(page(f"<IsTruncated>false</IsTruncated>{item('a/b')}{item('c &lt;&amp;', 0)}", namespace))
    assert found.objects == (Listed("a/b", 3), Listed("c <&", 0))
    assert found.token is None


def test_keys_that_are_url_encoded_are_decoded():
    found = read_page(page(f"<EncodingType>url</EncodingType>{item('a+b%2Bc/%E6%9C%A8%0A')}"))
    assert [entry.key for entry in found.objects] == ["a b+c/木\n"]
    assert read_page(page(item("a+b%2Bc"))).objects[0].key == "a+b%2Bc"


def test_a_token_counts_only_while_there_is_more():
    token = "<NextContinuationToken>a&amp;b==</NextContinuationToken>"
    more = page(f"<IsTruncated>true</IsTruncated>{token}")
    assert read_page(more).token == read_end(more).token == "a&b=="
    for last in (f"<IsTruncated>false</IsTruncated>{token}", "<IsTruncated>False</IsTruncated>", ""):
        assert read_page(page(last)).token is read_end(page(last)).token is None
    assert read_page(page(token)).token == read_end(page(token)).token == "a&b=="


def test_a_page_is_known_by_what_it_holds():
    inner = f"<IsTruncated>false</IsTruncated>{item('a')}"
    for name in ("ListBucketV2Result", "s3:ListBucketResult"):
        data = f"<{name} xmlns:s3='x'>{inner}</{name}>".encode()
        assert (read_page(data).objects, read_end(data)) == ((Listed("a", 3),), Page((), None))
    assert read_page(b"<ListBucketResult/>") == Page((), None)


WHOLE_PAGE = page("<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>" + item("a"))


@pytest.mark.parametrize(
    "data",
    [
        b"", b" ", b"<html>", b"<html/>", b"<html><body>Busy</body></html>", b"\xff\xfe\x00", b"{}", NO_SUCH_KEY,
        b'<?xml version="1.0" encoding="x"?><a/>', page("<IsTruncated>true</IsTruncated>"),
        page("<IsTruncated>true</IsTruncated><NextContinuationToken/>"),
    ],
)  # fmt: skip
def test_what_is_no_whole_page_is_never_the_end_of_a_list(data):
    for read in (read_page, read_end):
        with pytest.raises(ValueError, match="page"):
            read(data)


@pytest.mark.parametrize("end", range(len(WHOLE_PAGE)))
def test_a_page_that_was_cut_anywhere_is_none(end):
    for read in (read_page, read_end):
        with pytest.raises(ValueError, match="cut off"):
            read(WHOLE_PAGE[:end])


@pytest.mark.parametrize("size", ["", "-1", "x", "1e3"])
def test_a_list_with_an_object_without_a_size_is_none(size):
    with pytest.raises(ValueError, match="without a key or a size"):
        read_page(page(item("fine") + item("a", size)))


def test_the_ids_of_uploads():
    begun = f"<InitiateMultipartUploadResult {NAMESPACE}><UploadId>u/1=</UploadId></InitiateMultipartUploadResult>"
    assert read_upload_id(begun.encode()) == "u/1="
    assert read_upload_id(b"<InitiateMultipartUploadResult/>") == ""
    assert read_upload_id(b"<InitiateResult><UploadId> u </UploadId></InitiateResult>") == "u"


def test_blanks_before_a_document_are_skipped():
    assert read_page(b" \r\n \n" + page(item("a"))).objects[0].key == "a"


@pytest.mark.parametrize(("read", "nothing"), READERS)
@pytest.mark.parametrize(
    "data",
    [
        b"", b"<html>", b"<html/>", b"\xff\xfe\x00", b"{}", NO_SUCH_KEY, NO_SUCH_KEY[:60],
        b'<?xml version="1.0" encoding="x"?><a/>', page(item("a"))[:-1],
        b"<Error><UploadId>u</UploadId></Error>", b"<Other><Contents><Key>k</Key></Contents><Upload/></Other>",
    ],
)  # fmt: skip
def test_nothing_is_read_of_what_is_no_document_of_its_kind(read, nothing, data):
    assert read(data) == nothing


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">',
        '<!ENTITY c SYSTEM "file:///etc/passwd">',
        "",
    ],
)
def test_no_entity_is_ever_expanded(declared):
    listed = "<Contents><Key>&c;</Key><Size>1</Size></Contents>"
    data = f"<!DOCTYPE x [{declared}]><ListBucketResult>{listed}</ListBucketResult>"
    for coded in (data.encode(), data.encode("utf-16")):
        with pytest.raises(ValueError, match="no XML"):
            read_page(coded)


@given(st.binary(max_size=200))
def test_garbage_is_nothing(data):
    for read, nothing in READERS:
        assert read(data) == nothing
    for read_list in (read_page, read_end):
        with pytest.raises(ValueError, match="page"):
            read_list(data)
    assert find_code(data) is None or b"Error" in data


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (NO_SUCH_KEY, "NoSuchKey"),
        (NO_SUCH_KEY[:90], "NoSuchKey"),  # cut off
        (b"<s3:Error xmlns:s3='x'><s3:Code> SlowDown </s3:Code></s3:Error>", "SlowDown"),
        (b"<Error><Message>no code</Message></Error>", ""),
        (b"<Error/>", ""),
        (b"<Error><Code>\xff\xfe</Code>", ""),
        (b"", None),
        (b"<html><Code>NoSuchKey</Code></html>", None),
        (b"<Error><Code>\x1b[2J</Code></Error>", ""),
        (b"<ErrorDocument>", None),
        (b"<CompleteMultipartUploadResult/>", None),
        (b"<DeleteResult><Error><Key>k</Key><Code>C</Code></Error></DeleteResult>", "C"),
    ],
)  # fmt: skip
def test_the_code_of_an_error_is_found_in_whatever_holds_it(data, code):
    assert find_code(data) == code


def test_documents_are_written_escaped():
    assert (
        write_delete(["a&b", "<c>", "d\re\n"])
        == (
            f"<Delete {NAMESPACE}><Quiet>true</Quiet><Object><Key>a&amp;b</Key></Object>"
            "<Object><Key>&lt;c&gt;</Key></Object><Object><Key>d&#13;e&#10;</Key></Object></Delete>"
        ).encode()
    )
    assert (
        write_complete([Part(2, "y", "c2=="), Part(1, "x")], "ChecksumCRC32")
        == (
            f"<CompleteMultipartUpload {NAMESPACE}>"
            "<Part><PartNumber>1</PartNumber><ETag>&quot;x&quot;</ETag></Part>"
            "<Part><PartNumber>2</PartNumber><ETag>&quot;y&quot;</ETag><ChecksumCRC32>c2==</ChecksumCRC32></Part>"
            "</CompleteMultipartUpload>"
        ).encode()
    )
    assert b"<LocationConstraint>eu-west-1</LocationConstraint>" in write_location("eu-west-1")


@pytest.mark.parametrize("key", ["\x00", "a\x1fb", "\x0b", "\ufffe"])
def test_a_key_that_xml_cannot_hold_is_not_written(key):
    assert not fits_xml(key)
    with pytest.raises(ValueError, match="XML cannot hold"):
        write_delete(["fine", key])


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])).filter(fits_xml), max_size=5))
def test_any_key_that_fits_comes_back_as_it_was(keys):
    from xml.etree import ElementTree

    root = ElementTree.fromstring(write_delete(keys))
    found = [element.text or "" for element in root.iter("{http://s3.amazonaws.com/doc/2006-03-01/}Key")]
    assert found == keys


def test_the_md5_of_a_document():
    assert content_md5(b"") == "1B2M2Y8AsgTpgAmY7PhCfg=="
