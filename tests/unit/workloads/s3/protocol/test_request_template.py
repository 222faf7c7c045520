"""Requests that are laid out once a second are, byte for byte, those that are made one by one."""

from itertools import product
from random import Random

import pytest

from loadgen.base.encode import Encoder
from loadgen.base.exchange import JOINED_BODY_BYTES
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.s3_operations import Operation
from loadgen.workloads.s3.objects import Objects
from loadgen.workloads.s3.protocol.checksums import make_checksum
from loadgen.workloads.s3.protocol.endpoint import find_bucket
from loadgen.workloads.s3.protocol.operations import Operations
from loadgen.workloads.sigv4.credentials import Credentials, Provider

ONE, TWO = Credentials("AKIAEXAMPLEEXAMPLE01", "secret", None), Credentials("AKIAEXAMPLEEXAMPLE02", "other", "token")
MADE = (Operation.PUT, Operation.GET, Operation.STAT, Operation.DELETE)
OWN = dict.fromkeys(MADE, (("X-Own", " a  b "), ("x-amz-meta-of", "me")))
IDS = {operation: name_id for name_id, operation in enumerate(MADE)}


class Store:
    """The objects of one plan, made with an encoder and without, at a time and with keys that can be changed."""

    def __init__(self, endpoint="http://127.0.0.1:9000", keep_alive=True, **options):
        sizes = ((0, 9, 1.0), (1000, 1024, 1.0), (JOINED_BODY_BYTES, JOINED_BODY_BYTES + 1, 1.0))
        s3 = S3Job("put", "photos", prefix="a b/", run_id="run", sizes=sizes, objects=10)
        address = find_bucket("photos", endpoint=endpoint, environment={}, addressing="path")
        self.now_s = 1369353600.0
        self.provider = Provider(ONE)
        self.encoder = Encoder(address.origin, keep_alive=keep_alive)
        self.stamped, self.plain = (
            Objects(
                Operations(address, self.provider, IDS, clock=lambda: self.now_s, encoder=encoder, **options),
                s3,
                1,
                Random(1),
            )
            for encoder in (self.encoder, None)
        )

    def both(self, operation, index):
        """One request made in either way."""
        return (getattr(objects, str(operation))(index) for objects in (self.stamped, self.plain))


def said(request):
    """All that a client goes by, apart from what it sends."""
    return (
        request.name_id, request.method, request.expect, request.keep, request.sink, request.payload, request.streams,
        request.awaited, request.group is None,
    )  # fmt: skip


@pytest.mark.parametrize("operation", MADE)
@pytest.mark.parametrize(
    "options", [{"payload": "signed"}, {"payload": "unsigned"}, {"keep_alive": False}, {"own": OWN}], ids=str
)
def test_a_stamped_request_is_the_one_that_is_made_otherwise(operation, options):
    store = Store(**options)
    for (after_s, keys), index in product([(0, ONE), (0.9, ONE), (1, ONE), (1, TWO), (86400, TWO)], range(30)):
        store.now_s, store.provider.current = 1369353600.0 + after_s, keys
        stamped, plain = store.both(operation, index)
        assert said(stamped) == said(plain)
        assert (stamped.wire is None) == plain.streams
        assert (stamped.wire or store.encoder.wire(stamped)) == store.encoder.wire(plain)


def test_over_https_the_payload_is_not_hashed():
    stamped, plain = Store("https://127.0.0.1:9000").both(Operation.PUT, 1)
    assert b"x-amz-content-sha256: UNSIGNED-PAYLOAD\r\n" in stamped.wire
    assert b"x-amz-content-sha256: UNSIGNED-PAYLOAD\r\n" in plain.fields.block


@pytest.mark.parametrize(
    "options", [{"payload": "streaming"}, {"checksum": make_checksum("crc32")}], ids=["in pieces", "with a checksum"]
)
def test_bodies_with_checksums_or_signed_in_pieces_are_made_one_by_one(options):
    stamped, plain = Store(**options).both(Operation.PUT, 1)
    assert stamped.wire is plain.wire is None
    assert stamped.fields.block == plain.fields.block
