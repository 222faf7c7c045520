"""Requests of any service of AWS, signed when they are sent.

https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
"""

from collections.abc import Callable
from hashlib import sha256
from time import time
from urllib.parse import quote, unquote

from loadgen.base.endpoint import Origin
from loadgen.base.exchange import BodySource, Request
from loadgen.plan.jobs.http import Signing
from loadgen.workloads.sigv4.credentials import Provider
from loadgen.workloads.sigv4.signer import Signer

_MOST_KNOWN = 1000


class RequestSigner:
    """Signs the requests of one worker or user; those that stay the same once a second, which the signature names."""

    def __init__(self, signing: Signing, origin: Origin, provider: Provider, clock: Callable[[], float] = time) -> None:
        self._signing = signing
        self._origin = origin
        self._provider = provider
        self._clock = clock
        self._signers: dict[str, Signer] = {}
        self._signed: dict[Request, tuple[int, object, Request]] = {}
        self._hashed: tuple[BodySource, str] | None = None

    def signed(self, request: Request) -> Request:
        """The same with a signature of this second."""
        second, credentials = int(self._clock()), self._provider.current
        known = self._signed.get(request)
        if known is not None and known[0] == second and known[1] is credentials:
            return known[2]
        path, _, query = request.target.partition("?")
        if self._signing.service != "s3":  # which alone signs the path as it is sent
            path = quote(path, safe="/~")
        block, _ = self._signer(request).sign(
            credentials, second, request.method, path, canonical_query(query), self._hash(request)
        )
        made = request.varied(request.target, request.fields.with_block(request.fields.block + block), request.body)
        self._signed[request] = second, credentials, made
        if len(self._signed) > _MOST_KNOWN:
            self._signed.clear()
        return made

    def _signer(self, request: Request) -> Signer:
        """That for the Host that the request has."""
        host = self._origin.authority
        if request.fields.names_host:
            host = next(value for name, value in request.fields.pairs if name.lower() == "host")
        signer = self._signers.get(host)
        if signer is None:
            signer = self._signers[host] = Signer(host, self._signing.region, service=self._signing.service)
        return signer

    def _hash(self, request: Request) -> str:
        body = request.body
        if isinstance(body, bytes):
            return sha256(body).hexdigest()
        if self._hashed is None or self._hashed[0] is not body:  # a file's is the same for all requests
            digest = sha256()
            for chunk in body.chunks():
                digest.update(chunk)
            self._hashed = body, digest.hexdigest()
        return self._hashed[1]


def canonical_query(query: str) -> str:
    """As it is signed: by name and value, each with all encoded that may be."""
    pairs = (part.partition("=") for part in query.split("&") if part)
    encoded = ((quote(unquote(name), safe="~"), quote(unquote(value), safe="~")) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))
