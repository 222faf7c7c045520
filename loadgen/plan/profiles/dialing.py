"""The Dialing that the keys of a profile come to, and what of them does not go together."""

from collections.abc import Iterator, Mapping

from loadgen.base.dialing import Dialing, Proxy
from loadgen.plan.problems import Problem
from loadgen.plan.profiles.connecting import parse_proxy
from loadgen.plan.profiles.profile import Profile
from loadgen.plan.profiles.scenarios import has_journeys

_TLS_KEYS = ("sni", "tls_min", "tls_max", "ciphers", "tls_resume")


def make_dialing(profile: Profile, environment: Mapping[str, str], problems: list[Problem]) -> Dialing:
    """What the profile says, and with `proxy: env` the environment; what is wrong there is added to the problems."""
    http_proxy = https_proxy = None
    no_proxy: tuple[str, ...] = ()
    if isinstance(profile.proxy, Proxy):
        http_proxy = https_proxy = profile.proxy
    elif profile.proxy:
        http_proxy = _from(environment, "http_proxy", problems)
        https_proxy = _from(environment, "https_proxy", problems)
        listed = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
        no_proxy = tuple(entry.strip() for entry in listed.split(",") if entry.strip())
    socket_file = profile.unix_socket and str(profile.origins.places.file(("unix_socket",), profile.unix_socket))
    return Dialing(
        http_proxy=http_proxy,
        https_proxy=https_proxy,
        no_proxy=no_proxy,
        unix_socket=socket_file,
        connect_to=profile.connect_to,
        resolve=profile.resolve,
        family=4 if profile.ipv4 else 6 if profile.ipv6 else None,
        local_addresses=profile.local_address,
        requests_each=profile.requests_per_connection,
    )


def _from(environment: Mapping[str, str], name: str, problems: list[Problem]) -> Proxy | None:
    """The proxy of a variable, in small letters first, or that for all."""
    for variable in (name, name.upper(), "all_proxy", "ALL_PROXY"):
        if value := environment.get(variable):
            try:
                proxy = parse_proxy(value)
            except ValueError as error:
                problems.append(Problem(("proxy",), f"{variable} of the environment: {error}", has_value=False))
                return None
            return proxy if isinstance(proxy, Proxy) else None
    return None


def proxy_secrets(dialing: Dialing) -> Iterator[str]:
    """What no output may show."""
    for proxy in (dialing.http_proxy, dialing.https_proxy):
        if proxy is not None and proxy.user is not None:
            yield from (f"{proxy.user}:{proxy.password}", proxy.password or proxy.user)


def dialing_problems(profile: Profile) -> Iterator[Problem]:
    """What does not go together."""
    given = {key for key in profile.given if getattr(profile, key)}

    def apart(key: str, others: tuple[str, ...], why: str) -> Iterator[Problem]:
        for other in others:
            if {key, other} <= given:
                yield Problem((other,), f"cannot be combined with {key}: {why}")

    yield from apart("proxy", ("unix_socket", "connect_to", "resolve"), "it is the proxy that connects to the target")
    yield from apart(
        "unix_socket",
        ("connect_to", "resolve", "ipv4", "ipv6", "local_address", "dns_ttl"),
        "a unix socket has neither address nor name",
    )
    yield from apart("ipv4", ("ipv6",), "give one of them, or none for both")
    if profile.requests_per_connection and not profile.keepalive:
        yield Problem(("requests_per_connection",), "cannot be combined with keepalive: false, which is one for each")
    if profile.http != "1.1":
        if profile.requests_per_connection:
            yield Problem(("requests_per_connection",), "needs http: 1.1")
        forwards = isinstance(profile.proxy, Proxy) and profile.proxy.scheme == "http"
        if forwards and profile.target.origin.scheme == "http":
            yield Problem(("proxy",), "expected one of socks5h://: a proxy of HTTP forwards http:// by HTTP/1.1 alone")
    if profile.tls_min and profile.tls_max and profile.tls_min > profile.tls_max:
        yield Problem(("tls_max",), f"expected at least tls_min, which is {profile.tls_min}")
    if profile.target.origin.scheme == "http" and not has_journeys(profile):
        for key in _TLS_KEYS:
            if key in given:
                yield Problem((key,), "needs a target of https://")
    if any(request.stream is not None for request in profile.requests):
        for key in ("aws_sigv4", "compressed", "redirects"):
            if key in given:
                yield Problem((key,), "cannot be combined with stream: such a reply is read as it comes")
    if profile.s3:
        for key in ("basic_auth", "aws_sigv4", "compressed", "redirects"):
            if key in given:
                yield Problem((key,), "cannot be combined with s3: its requests are signed and as they are")
    elif has_journeys(profile):
        for key, why in (("aws_sigv4", "only plain requests are signed"), ("redirects", "they follow by themselves")):
            if key in given:
                yield Problem((key,), f"cannot be combined with journeys: {why}")
