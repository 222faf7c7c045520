"""The target: where requests go, and how it is reached."""

from dataclasses import field
from socket import AF_INET, AF_INET6, inet_pton

from loadgen.base.dataclass import dataclass
from loadgen.base.dialing import Dialing


@dataclass(frozen=True, slots=True)
class Origin:
    """Where requests go: `scheme` is http or https, `host` a name or address without brackets."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """The Host header: the port is left out where it is the scheme's own; IPv6 in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"

    @property
    def is_address(self) -> bool:
        """Whether `host` is an IP address: there is nothing to look up."""
        try:
            inet_pton(AF_INET6 if ":" in self.host else AF_INET, self.host.partition("%")[0])
        except (OSError, ValueError):
            return False
        return True

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


@dataclass(frozen=True, slots=True)
class Tls:
    """How TLS is done. Paths are of PEM files; `verify` False accepts every certificate.

    `server_name` is asked for, and the certificate must be for it, in place of the origin's host. Versions are "1.0"
    to "1.3"; `ciphers` are OpenSSL's names for those up to 1.2. `resume`: a user's next connection takes up its last
    session.
    """

    verify: bool = True
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    server_name: str | None = None
    min_version: str | None = None
    max_version: str | None = None
    ciphers: str | None = None
    resume: bool = False


Address = tuple[int, tuple[str, int]]
"""A family and a socket's address: a host and a port; of AF_UNIX a path and 0."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Everything a client needs to reach the target; addresses are resolved `(family, sockaddr)` pairs.

    `phases`: also time the parts of an opening and the first byte of each reply. Where a proxy stands before it,
    `addresses` are the proxy's, and `asked` the target's own, if the proxy is to be asked for that and not for a name.
    """

    origin: Origin
    addresses: tuple[Address, ...]
    tls: Tls = field(default_factory=Tls)
    timeout_s: float = 10.0
    connect_timeout_s: float = 5.0
    keep_alive: bool = True
    phases: bool = False
    dialing: Dialing = field(default_factory=Dialing)
    asked: str = ""
