"""Where a page is served: at an address of this machine, or beyond it over TLS."""

import ssl
from typing import Self
from urllib.parse import parse_qs, urlencode

from loadgen.base.address import host_and_port, is_loopback
from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.units import shown

ANYWHERE = "127.0.0.1:0"
"""A free port of this machine."""


@dataclass(frozen=True, slots=True)
class WebPlace:
    """`cert` is a file with a PEM certificate, whose key is in `key` or in the same file. `insecure`: others than this
    machine may ask without TLS.
    """

    host: str
    port: int
    cert: str = ""
    key: str = ""
    insecure: bool = False

    @classmethod
    def read(cls, text: str) -> Self:
        """Of `HOST:PORT`, or of what `written` made. Raises ValueError."""
        address, _, query = text.partition("?")
        more = {name: values[-1] for name, values in parse_qs(query).items()}
        host, port = host_and_port(address, "127.0.0.1:9000")
        return cls(host, port, more.get("cert", ""), more.get("key", ""), "insecure" in more)

    @property
    def written(self) -> str:
        """It as one text."""
        more = {"cert": self.cert, "key": self.key, "insecure": "1" if self.insecure else ""}
        query = urlencode({name: value for name, value in more.items() if value})
        return f"{self.address}?{query}" if query else self.address

    @property
    def address(self) -> str:
        """Host and port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def check(self) -> None:
        """Raise ValueError where others could see what is said."""
        if self.key and not self.cert:
            raise ValueError("--web-key needs the --web-cert that it is the key of")
        if self.cert and self.insecure:
            raise ValueError("--insecure-web cannot be combined with --web-cert: that is TLS")
        if not (is_loopback(self.host) or self.cert or self.insecure):
            raise ValueError(
                f"{shown(self.host)} can be reached from elsewhere: --web-cert FILE serves it over TLS, --insecure-web "
                "without (or stay with 127.0.0.1, and come by way of ssh -L)"
            )

    def context(self) -> ssl.SSLContext | None:
        """What serves it over TLS; None without. Raises UsageError for files that cannot be used."""
        if not self.cert:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_cert_chain(self.cert, self.key or None, password="")
        except ssl.SSLError as error:
            reason = (error.reason or str(error)).lower().replace("_", " ")
            raise UsageError(f"cannot use the certificate {self.cert!r}: {reason}") from None
        except OSError as error:
            raise UsageError(f"cannot read the certificate {self.cert!r} and its key: {error.strerror}") from None
        return context
