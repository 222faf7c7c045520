"""What a store would see of an S3 request."""

import re


def unchunked(sent: bytes) -> tuple[bytes, bytes]:
    """The data of an aws-chunked body, and its trailer."""
    data, left = b"", sent
    while True:
        head, _, left = left.partition(b"\r\n")
        match = re.fullmatch(rb"([0-9a-f]+)(;chunk-signature=[0-9a-f]{64})?", head)
        assert match is not None, head
        length = int(match[1], 16)
        if not length:
            assert left.endswith(b"\r\n")
            return data, left[:-2]
        data += left[:length]
        assert left[length : length + 2] == b"\r\n"
        left = left[length + 2 :]
