"""A live page on this machine: the report so far, pushed once a second to whoever has it open, and in the end whole.

Nothing can be changed from it. Its address holds a token, without which there is nothing to be seen; a request under
another name than that of this machine, as after DNS rebinding, is refused.
"""

import json
import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET, AF_INET6
from urllib.parse import parse_qs, urlsplit

from loadgen.base.errors import UsageError
from loadgen.measure.histogram import Histogram
from loadgen.measure.recording import CENSORED, Tally
from loadgen.observe.export.kinds import address
from loadgen.observe.export.sinks.base import Sink
from loadgen.observe.export.told import Began, Ended, Interval, State, Sums
from loadgen.report.draw.page import html_page
from loadgen.report.run.html import run_html
from loadgen.report.run.live_html import live_body
from loadgen.report.run.run_report import RunReport
from loadgen.results.result import ErrorRow, Ledger, Rate, RequestResult, Result, Second, ThresholdRow
from loadgen.results.summary import clocks_of, summarise, to_ms

POLL_S = 0.05
STALE_S = 5.0
"""A tab that takes nothing for so long is let go."""

LAST_S = 2.0
"""For open tabs to get the report at the end."""

MOST_TABS = 20

SCRIPT = (
    "const s=new EventSource('events'+location.search);"
    "s.addEventListener('part',e=>{document.getElementById('live').innerHTML=JSON.parse(e.data)});"
    "s.addEventListener('end',e=>{s.close();document.getElementById('live').innerHTML=JSON.parse(e.data)});"
)
"""All that the page does: what comes is the server's own HTML, with every text in it escaped."""


class Page(Sink):
    """`where` is the address to listen on, of this machine alone."""

    def __init__(self, where: str) -> None:
        host, port = address(where)
        self.token = secrets.token_urlsafe(16)
        self._changed = threading.Condition()
        self._version = 0
        self._body = '<p class="soft">starting</p>'
        self._over = False
        self._tabs = 0
        self._so_far = _SoFar(Began())
        self._state = State()
        try:
            self._server = _Server(host, port, self)
        except OSError as error:
            raise UsageError(f"cannot listen on {where}: {error.strerror}") from None
        bound = self._server.server_address[1]
        self.names = {f"{name}:{bound}" for name in ("localhost", "127.0.0.1", "[::1]", host)}
        shown = f"[{host}]" if ":" in host else host
        self.info = f"the run can be seen at http://{shown}:{bound}/?t={self.token}"
        threading.Thread(target=self._server.serve_forever, args=(POLL_S,), daemon=True).start()

    def began(self, run: Began) -> None:
        self._so_far, self._state = _SoFar(run), State()
        self._over = False
        self._show("starting")

    def state(self, state: State) -> None:
        self._state = state
        if state.phase != "running":
            self._show(state.phase)

    def interval(self, interval: Interval) -> None:
        self._so_far.add(interval)
        if not interval.rest:
            self._show(f"running, {self._state.elapsed_s:.0f} s")

    def ended(self, end: Ended) -> None:
        page = run_html(RunReport((self._so_far.whole(end.result),)))
        with self._changed:
            self._body = page.partition("<body>\n")[2].rpartition("\n</body>")[0]
            self._version += 1
            self._over = True
            self._changed.notify_all()

    def close(self) -> None:
        """Open tabs get the end, and keep it."""
        with self._changed:
            self._changed.wait_for(lambda: not self._tabs, LAST_S if self._over else 0.0)
        self._server.shutdown()
        self._server.server_close()

    def document(self) -> str:
        """The page as it is now; without a script it stays so."""
        with self._changed:
            return html_page("loadgen, a run under way", f'<div id="live">{self._body}</div>', SCRIPT)

    def follow(self, write: Callable[[bytes], None]) -> None:
        """Give a tab each state as it comes, the newest alone where it is behind, until the end."""
        seen = -1
        with self._changed:
            if self._tabs >= MOST_TABS:
                return
            self._tabs += 1
        try:
            while True:
                with self._changed:
                    while self._version == seen:
                        self._changed.wait()
                    seen, body, over = self._version, self._body, self._over
                write(f"event: {'end' if over else 'part'}\ndata: {json.dumps(body)}\n\n".encode())
                if over:
                    return
        finally:
            with self._changed:
                self._tabs -= 1
                self._changed.notify_all()

    def _show(self, state: str) -> None:
        body = live_body(self._so_far.title, state, self._so_far.result())
        with self._changed:
            self._body = body
            self._version += 1
            self._changed.notify_all()


class _SoFar:
    """What was told of a run, as the parts of a Result that a page can show."""

    def __init__(self, run: Began) -> None:
        self.title = run.name if run.target in run.name else f"{run.name}: {run.target}"
        self._thresholds: list[ThresholdRow] = run.thresholds
        self._sums = Sums()
        self._seconds: list[Second] = []

    def add(self, interval: Interval) -> None:
        """One more; the rest is in no second."""
        self._sums.add(interval.parts)
        self._thresholds = interval.thresholds or self._thresholds
        if interval.rest:
            return
        total, response = _total(tally for (group, _), tally in interval.parts.items() if group == "request")
        figures = response.quantiles_us((0.5, 0.99, 0.9, 1.0)) if response.buckets else [None] * 4
        p50, p99, p90, highest = (None if value is None else to_ms(value) for value in figures)
        self._seconds.append(
            Second(
                interval.t_s, total.sent, total.ok, total.failed, p50, p99, total.payload, p90, highest,
                users=interval.users,
            )
        )  # fmt: skip

    def result(self) -> Result:
        """What there is so far."""
        named = {key: tally for key, tally in self._sums.parts.items() if key[0] == "request"}
        total, response = _total(named.values())
        duration_s = self._seconds[-1].t_s + 1 if self._seconds else 0.0
        rate = Rate(0.0, total.sent / duration_s, total.ok / duration_s) if duration_s else Rate()
        errors = [
            ErrorRow(error.value, error.fault, count.message or error.text, count.count, count.example)
            for error, count in total.errors.items()
        ]
        return Result(
            duration_s=duration_s,
            ledger=_ledger(total),
            rate=rate,
            latency_ms={"response": summarise(response)},
            errors=errors,
            status_codes={str(status): times for status, times in sorted(total.statuses.items())},
            requests={name: _part(tally) for (_, name), tally in named.items()},
            thresholds=self._thresholds,
            timeline=self._seconds,
        )

    def whole(self, result: Result) -> Result:
        """The Result of the end, with the seconds that were told."""
        return replace(result, timeline=result.timeline or self._seconds)


def _total(tallies: Iterable[Tally]) -> tuple[Tally, Histogram]:
    total = Tally()
    for tally in tallies:
        total.merge(tally)
    return total, clocks_of(total).get("response", Histogram())


def _ledger(tally: Tally) -> Ledger:
    return Ledger(tally.sent, tally.sent, 0, tally.ok, tally.failed, tally.unknown)


def _part(tally: Tally) -> RequestResult:
    clocks = clocks_of(tally)
    response = summarise(clocks.get("response", Histogram()), clocks.get("response" + CENSORED))
    return RequestResult(_ledger(tally), latency_ms={"response": response})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, host: str, port: int, page: Page) -> None:
        self.address_family = AF_INET6 if ":" in host else AF_INET
        self.page = page
        super().__init__((host, port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A tab that is closed is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    timeout = STALE_S

    def do_GET(self) -> None:
        assert isinstance(self.server, _Server)
        page, parts = self.server.page, urlsplit(self.path)
        token = parse_qs(parts.query).get("t", [""])[0]
        if self.headers.get("Host", "") not in page.names or not secrets.compare_digest(token, page.token):
            self.send_error(403)
        elif parts.path == "/":
            self._send("text/html; charset=utf-8", page.document().encode())
        elif parts.path == "/events":
            self._head("text/event-stream")
            self.end_headers()
            page.follow(self._write)
        else:
            self.send_error(404)

    def _write(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()

    def _head(self, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")

    def _send(self, kind: str, body: bytes) -> None:
        self._head(kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Standard error is not ours."""
