"""What curl's options say of connections, as the keys of a profile that say the same."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from loadgen.plan.imports.recorded import literal
from loadgen.plan.profiles.connecting import parse_connect_to, parse_ip, parse_proxy, parse_resolve
from loadgen.plan.profiles.fields import TLS_VERSIONS

Given = Mapping[str, Sequence[str]]
"""The values of each option, by its long name; a flag's are empty."""

OF_TLS = ("tls_min", "tls_max", "ciphers")
CURLS_REDIRECTS = "50"
_TLS_LEAST = {f"tlsv{version}": version for version in TLS_VERSIONS} | {"tlsv1": "1.0"}
_LISTS: dict[str, tuple[str, Callable[[object], object]]] = {
    "resolve": ("resolve", parse_resolve),
    "connect-to": ("connect_to", parse_connect_to),
    "interface": ("local_address", parse_ip),
}
_SOCKS = {"socks5": "socks5", "socks5-hostname": "socks5h"}
_PLAIN = {"insecure": "insecure", "compressed": "compressed", "4": "ipv4", "6": "ipv6", "ipv4": "ipv4", "ipv6": "ipv6"}
_FILES = {"cacert": "cacert", "cert": "cert", "key": "key", "unix-socket": "unix_socket", "ciphers": "ciphers"}
_TIMES = {"max-time": "timeout", "connect-timeout": "connect_timeout"}


def connection_settings(given: Given, notes: list[str]) -> dict[str, Any]:
    """The keys and their values; what cannot be said here is added to `notes`."""
    settings: dict[str, Any] = {key: True for name, key in _PLAIN.items() if name in given}
    settings |= {key: literal(given[name][-1]) for name, key in _FILES.items() if name in given}
    settings |= {key: f"{given[name][-1]}s" for name, key in _TIMES.items() if name in given}
    for name in _TLS_LEAST.keys() & given.keys():
        settings["tls_min"] = _TLS_LEAST[name]
    if given.get("tls-max", [""])[-1] in TLS_VERSIONS:
        settings["tls_max"] = given["tls-max"][-1]
    if "http2-prior-knowledge" in given:
        settings["http"] = "2"
    elif "http2" in given:
        settings["http"] = "auto"
    if "location" in given:
        settings["redirects"] = _redirects(given)
        notes.append("redirects (-L) are followed within the target's origin alone")
    for name, (key, read) in _LISTS.items():
        values = [value.removeprefix("+") if name == "resolve" else value for value in given.get(name, ())]
        known = [value for value in values if _is_known(read, value)]
        notes += [f"--{name} {value} is left out" for value in values if value not in known]
        if known:
            settings[key] = list(map(literal, known))
    proxy = _proxy(given)
    if proxy and _is_known(parse_proxy, proxy):
        settings["proxy"] = literal(proxy)
    elif proxy:
        notes.append("the proxy (-x) is left out: only those of http:// and socks5:// can be used")
    return settings


def _redirects(given: Given) -> int:
    most = given.get("max-redirs", [CURLS_REDIRECTS])[-1]
    return int(most if most.isdecimal() and int(most) <= int(CURLS_REDIRECTS) else CURLS_REDIRECTS)


def _proxy(given: Given) -> str:
    """Its URL, with the user and password that stand apart."""
    found = next((f"{scheme}://{given[name][-1]}" for name, scheme in _SOCKS.items() if name in given), "")
    proxy = given["proxy"][-1] if "proxy" in given else found
    if not proxy or "proxy-user" not in given or "@" in proxy:
        return proxy
    scheme, mark, host = proxy.rpartition("://")
    return f"{scheme or 'http'}{mark or '://'}{given['proxy-user'][-1]}@{host}"


def _is_known(read: Callable[[object], object], value: str) -> bool:
    try:
        read(value)
    except ValueError:
        return False
    return True
