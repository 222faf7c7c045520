import sys
from types import SimpleNamespace

import pytest

from loadgen.base.errors import UsageError
from loadgen.workloads.s3.protocol.checksums import make_checksum


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("crc32", "y/Q5Jg=="),  # the check values of the catalogues of CRCs: cbf43926 and e3069283
        ("crc32c", "4waSgw=="),
        ("sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="),
        ("sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="),
    ],
)
def test_the_checksum_of_the_nine_digits(name, value):
    checksum = make_checksum(name)
    assert checksum.of(b"123456789") == value
    assert checksum.header == f"x-amz-checksum-{name}"
    assert checksum.algorithm == name.upper()
    assert checksum.element == f"Checksum{name.upper()}"


@pytest.mark.parametrize("name", ["crc32", "crc32c", "sha256"])
def test_a_copy_goes_on_by_itself(name):
    checksum = make_checksum(name)
    first = checksum.new()
    first.update(b"1234")
    second = first.copy()
    second.update(b"56789")
    assert first.digest() != second.digest()
    whole = checksum.new()
    whole.update(b"123456789")
    assert second.digest() == whole.digest()


def test_md5_stands_in_a_field_of_its_own_and_in_no_document():
    checksum = make_checksum("md5")
    assert (checksum.header, checksum.of(b"123456789")) == ("Content-MD5", "JfnnlDI7RTiF9RgfG2JNCw==")
    assert (checksum.algorithm, checksum.element) == (None, None)


def test_crc64nvme_has_eight_bytes_and_takes_a_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "awscrt.checksums", None)
    with pytest.raises(UsageError, match="pip install awscrt, or take crc32"):
        make_checksum("crc64nvme")
    library = SimpleNamespace(crc64nvme=lambda data, value: value + len(data))
    monkeypatch.setitem(sys.modules, "awscrt", SimpleNamespace(checksums=library))
    monkeypatch.setitem(sys.modules, "awscrt.checksums", library)
    checksum = make_checksum("crc64nvme")
    assert (checksum.header, checksum.of(b"123")) == ("x-amz-checksum-crc64nvme", "AAAAAAAAAAM=")


def test_none_is_no_checksum():
    assert make_checksum("none") is None


def test_crc32c_without_its_library_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "google_crc32c", None)
    with pytest.raises(UsageError, match=r"pip install 'loadgen\[s3\]', or take crc32"):
        make_checksum("crc32c")


def test_crc32c_without_compiled_code_says_so(monkeypatch):
    monkeypatch.setattr("google_crc32c.implementation", "python")
    with pytest.raises(UsageError, match="no compiled code"):
        make_checksum("crc32c")
