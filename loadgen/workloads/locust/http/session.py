"""The client of a user: requests' session as locustfiles use it, over a Hub."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import time
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from loadgen import __version__
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import BodySource
from loadgen.workloads.locust.exceptions import LocustError
from loadgen.workloads.locust.http.auth import authorize
from loadgen.workloads.locust.http.bodies import encode
from loadgen.workloads.locust.http.cookies import Cookies
from loadgen.workloads.locust.http.following import following
from loadgen.workloads.locust.http.headers import HeaderDict, as_pairs, merged
from loadgen.workloads.locust.http.response import Response
from loadgen.workloads.locust.http.urls import absolute, path_of, prepared
from loadgen.workloads.locust.http.whose import Whoever
from loadgen.workloads.locust.hub import REDIRECTS, Call
from loadgen.workloads.scenario.replies.reply import Reply
from loadgen.workloads.scenario.sending.paths import split_url

MOST_REDIRECTS, MOST_SHARED_CALLS = 30, 1000

_OPTIONS = frozenset(
    ("params", "data", "headers", "cookies", "files", "auth", "timeout", "allow_redirects", "stream", "verify", "json")
)
_LENGTH_IS_CLEAR = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH"))


class Session:
    """`get`, `post` and the others send one request, follow its redirects, and give a Response."""

    default_headers: ClassVar[dict[str, str]] = {
        "User-Agent": f"loadgen/{__version__}",
        "Accept-Encoding": "gzip, deflate",
        "Accept": "*/*",
        "Connection": "keep-alive",
    }
    encode: Callable[[Any, Any, Any], tuple[str | None, bytes | BodySource]] = staticmethod(encode)
    json_headers: ClassVar[dict[str, str]] = {}
    takes_numbers = False

    def __init__(self, *given: Any, base_url: str | None = None, user: Any = None, **_: Any) -> None:
        """`given` are a base URL, a hook, a user or an environment, as several versions of Locust want them."""
        if base_url is None:
            base_url = next((item for item in given if isinstance(item, str)), "")
        user = user or next((item for item in given if hasattr(item, "_hub")), None) or Whoever()
        self.user = user
        self.auth: Any = None
        self.base_url = base_url
        if "@" in base_url:
            parts = urlsplit(base_url)
            self.auth = (unquote(parts.username or ""), unquote(parts.password or ""))
            self.base_url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        self.headers: Any = HeaderDict(self.default_headers)
        self.cookies: Any = Cookies()
        self.params: Any = {}
        self.verify: Any = True
        self.request_name: str | None = None
        self.max_redirects = MOST_REDIRECTS
        self.hooks: dict[str, Any] = {"response": []}
        self.timeout_s: float | None = None
        self._hub = user._hub
        self._environment = user.environment
        self._unclosed: Response | None = None
        self._seen: tuple[Any, ...] = ()
        self._calls: dict[Any, Call] = {}

    def mount(self, prefix: str, adapter: Any) -> None:
        """Nothing: connections are loadgen's, whatever `requests` would make of them."""

    def get(self, url: Any, **options: Any) -> Response:
        return self.request("GET", url, **options)

    def options(self, url: Any, **options: Any) -> Response:
        return self.request("OPTIONS", url, **options)

    def head(self, url: Any, **options: Any) -> Response:
        options.setdefault("allow_redirects", False)
        return self.request("HEAD", url, **options)

    def post(self, url: Any, data: Any = None, json: Any = None, **options: Any) -> Response:
        return self.request("POST", url, data=data, json=json, **options)

    def put(self, url: Any, data: Any = None, **options: Any) -> Response:
        return self.request("PUT", url, data=data, **options)

    def patch(self, url: Any, data: Any = None, **options: Any) -> Response:
        return self.request("PATCH", url, data=data, **options)

    def delete(self, url: Any, **options: Any) -> Response:
        return self.request("DELETE", url, **options)

    def request(
        self,
        method: str,
        url: Any,
        name: str | None = None,
        catch_response: bool = False,
        context: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Response:
        """Send a request, and whatever its reply redirects to.

        `name` is the one in the report. With `catch_response` the file says in a with block whether the reply is good.
        The other options are those of requests.
        """
        if self._unclosed is not None:
            self._close_forgotten()
        hooks: Sequence[Callable[[Response], Any]] = ()
        if self.hooks.get("response") or "hooks" in options:
            hooks = [*as_hooks(self.hooks), *as_hooks(options.pop("hooks", None))]
        call = None if options or catch_response else self._shared(method, url, name or self.request_name)
        if call is None:
            call = self._call(method, url, name or self.request_name, options, catch_response)
        hub = self._hub
        reply = hub.request(call)
        status = reply.status
        if status == 0 or reply.set_cookies or status in REDIRECTS:
            response = self._unusual(call, reply, hub.took_ns, follows=options.get("allow_redirects", True))
        else:
            response = Response(self, call, reply, hub.took_ns)
        for hook in hooks:
            response = given if isinstance(given := hook(response), Response) else response
        if context is not None or self.user._has_context:
            response.context = {**self.user.context(), **(context or {})}
        if catch_response:
            self._unclosed = response.open()
        elif response.is_open:
            response.settle()
        elif self._environment.watches:
            self._environment.tell(response, call, None if response.ok else response.shown_error())
        return response

    @contextmanager
    def rename_request(self, name: str) -> Iterator[None]:
        """Requests in the block have this name in the report."""
        before, self.request_name = self.request_name, name
        try:
            yield
        finally:
            self.request_name = before

    def close(self) -> None:
        """Connections stay the user's."""

    def settle_all(self) -> None:
        """Record what was left open."""
        if self._unclosed is not None:
            self._close_forgotten()

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def settled(self, response: Response, call: Call, verdict: bool | str, error: BaseException | None) -> None:
        """Record a request that the driver left open."""
        if self._unclosed is response:
            self._unclosed = None
        self._hub.settle(call, response.reply, response.took_ns, verdict)
        if self._environment.watches:
            self._environment.tell(response, call, error)

    def cookies_of(self, url: str, reply: Reply) -> Cookies:
        """The cookies that one reply set."""
        cookies = Cookies()
        origin, target = split_url(url.partition("#")[0])
        cookies.jar.receive(origin, target, reply.set_cookies, time())
        return cookies

    def _close_forgotten(self) -> None:
        """A reply that was to be caught, but whose with block never came, is recorded as its status says."""
        response, self._unclosed = self._unclosed, None
        if response is not None and response.forgotten:
            response.settle()

    def _name(self, url: Any, full: str) -> str:
        del url
        return path_of(full)

    def _shared(self, method: str, url: Any, name: str | None) -> Call | None:
        """The call that all users of this worker have in common, whose headers are the same; None where there is none,
        as with cookies.
        """
        headers = self.headers
        if self.cookies or self.auth is not None or self.params or type(headers) is not HeaderDict:
            return None
        seen = (headers, headers.version, self.base_url)
        if seen != self._seen:
            self._seen = seen
            self._calls = self._hub.shared.setdefault(
                (type(self), self.base_url, as_pairs(merged(headers, None), self.takes_numbers)), {}
            )
        call = self._calls.get((method, url, name))
        if call is None:
            call = self._call(method, url, name, {}, False)
            if len(self._calls) < MOST_SHARED_CALLS:
                self._calls[method, url, name] = call
        return call

    def _call(self, method: str, url: Any, name: str | None, options: dict[str, Any], caught: bool) -> Call:
        if unknown := options.keys() - _OPTIONS:
            raise TypeError(f"self.client.{method.lower()}() does not know {', '.join(sorted(unknown))}")
        json, given = options.get("json"), options.get("params")
        params = given if not self.params or isinstance(given, str | bytes) else {**self.params, **dict(given or {})}
        full = prepared(absolute(self.base_url, url), params)
        headers = merged(self.headers, options.get("headers"))
        kind, body = self.encode(options.get("data"), json, options.get("files"))
        if kind is not None:
            headers.setdefault("Content-Type", kind)
        if json is not None:
            for key, value in self.json_headers.items():
                headers.setdefault(key, value)
        timeout = options.get("timeout")
        call = Call(
            method.upper(),
            full,
            f"{method.upper()} {name or self._name(url, full)}",
            body=body,
            timeout_s=_seconds(timeout) if timeout is not None else self.timeout_s,
            settles=not caught,
        )
        if (auth := options.get("auth") or self.auth) is not None:
            authorize(call, headers, auth)
        self._add_cookies(headers, call.url, options.get("cookies"))
        if body == b"" and method.upper() not in _LENGTH_IS_CLEAR:
            headers.setdefault("Content-Length", "0")
        call.headers = as_pairs(headers, self.takes_numbers)
        return call

    def _add_cookies(self, headers: HeaderDict, url: str, more: Any) -> None:
        if not self.cookies and not more:
            return
        cookies = self.cookies if isinstance(self.cookies, Cookies) else Cookies(self.cookies)
        if more:
            (cookies := Cookies(cookies)).update(more)
        origin, target = split_url(url.partition("#")[0])
        if (line := cookies.jar.header(origin, target, time())) and "cookie" not in headers:
            headers["Cookie"] = line

    def _keep_cookies(self, url: str, reply: Reply) -> None:
        if values := reply.set_cookies:
            if not isinstance(self.cookies, Cookies):
                self.cookies = Cookies(self.cookies)
            origin, target = split_url(url.partition("#")[0])
            self.cookies.jar.receive(origin, target, values, time())

    def _unusual(self, call: Call, reply: Reply, took_ns: int, follows: bool) -> Response:
        """The response of a reply that sets cookies, redirects, or never came. Each redirect is a request of its own,
        under the same name; only the last reply is judged by the file.
        """
        self._keep_cookies(call.url, reply)
        response = Response(self, call, reply, took_ns)
        if not follows or reply.status not in REDIRECTS:
            return response
        history: list[Response] = []
        while len(history) < self.max_redirects:
            led = following(response.sent, response.status_code, reply.header("location"))
            if led is None:
                break
            if not response.sent.settles:
                self._hub.settle(response.sent, reply, response.took_ns, True)
            history.append(response)
            hop, headers = led
            self._add_cookies(headers, hop.url, None)
            hop.headers = as_pairs(headers)
            hop.settles = call.settles and len(history) < self.max_redirects
            reply = self._hub.request(hop)
            self._keep_cookies(hop.url, reply)
            response = Response(self, hop, reply, self._hub.took_ns)
        if len(history) == self.max_redirects and response.is_redirect:
            detail = f"Exceeded {self.max_redirects} redirects."
            none = Reply(0, ErrorClass.UNEXPECTED_STATUS, b"", 0, detail=detail)
            response = Response(self, response.sent, none, response.took_ns)
        response.is_open = call.settles and not response.sent.settles
        response.history = history
        response.total_ns = response.took_ns + sum(earlier.took_ns for earlier in history)
        return response


def as_hooks(given: Any) -> list[Callable[[Response], Any]]:
    """What is called with each response: `hooks` as requests takes them, one function or several."""
    of_response = given.get("response") if given else None
    return [of_response] if callable(of_response) else list(of_response or ())


def _seconds(timeout: Any) -> float | None:
    """A timeout as requests takes it: seconds, or a pair for connecting and reading."""
    if isinstance(timeout, tuple | list):
        timeout = timeout[-1]
    if timeout is None:
        return None
    if not isinstance(timeout, int | float):
        raise LocustError(f"timeout: expected seconds, got {timeout!r}")
    return float(timeout)
