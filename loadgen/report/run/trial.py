"""What one user did, as lines: for `--once`. Everything that a request or a reply holds passes through the redactor."""

from collections.abc import Iterable, Iterator, Sequence

from loadgen.base.clock import NS_PER_MS
from loadgen.base.error_class import ErrorClass
from loadgen.base.redact import Redactor
from loadgen.base.units import counted, format_bytes, format_ms, listed
from loadgen.report.draw.style import Line, Span, Tone, clean, line, pad
from loadgen.results.trial import Certificate, Checked, Ended, Event, Exchanged, Measured, Stage, Timed

TARGET_COLUMNS = 40
MOST_BODY_ROWS = 12
MOST_HEAD_ROWS = 100
MOST_ROW = 400


def trial_lines(event: Event, before: Event | None, redactor: Redactor, *, whole: bool = False) -> list[Line]:
    """One event; the name of its part stands above the first of them. Or of plain requests each `whole` exchange, also
    where it is good, and nothing of parts."""
    if whole:
        return _whole(event, before, redactor)
    heading = (
        [] if before is not None and before.part == event.part and not isinstance(before, Ended) else _heading(event)
    )
    return [*heading, *_lines(event, redactor)]


def _whole(event: Event, before: Event | None, redactor: Redactor) -> list[Line]:
    match event:
        case Exchanged():
            return [Line(), *_exchange(event, redactor), *(_content(event, redactor) if event.error is None else ())]
        case Ended(error=ErrorClass() as error) if not isinstance(before, Exchanged) and error is not ErrorClass.CUT:
            return [Line(), *_heading(event)[1:], *_lines(event, redactor)]
    return []


def trial_end(events: Iterable[Event], journeys: Sequence[str], signalled: str, noun: str = "scenario") -> list[Line]:
    """How many scenarios went well, and which did not."""
    ended: dict[str, Ended] = {}
    for event in events:
        if isinstance(event, Ended) and (event.part not in ended or ended[event.part].error is None):
            ended[event.part] = event  # a class of a locustfile has one of each task
    done = [ended[name] for name in journeys if name in ended]
    good = [event for event in done if event.error is None]
    cut = [event for event in done if event.error is ErrorClass.CUT]
    counts = [f"{len(good)} good"] if good else []
    if failed := len(done) - len(good) - len(cut):
        counts.append(f"{failed} failed")
    if cut:
        counts.append(f"{len(cut)} unfinished")
    if left := len(journeys) - len(done):
        counts.append(f"{left} not started")
    because = f" ({signalled} received)" if signalled else ""
    tone = Tone.PLAIN if len(good) == len(journeys) else Tone.BAD
    return [Line(), line(f"{counted(len(journeys), noun)}: ", Span(", ".join(counts), tone), because)]


def _heading(event: Event) -> list[Line]:
    return [Line(), line(Span(clean(event.part), Tone.STRONG))]


def _lines(event: Event, redactor: Redactor) -> Iterator[Line]:
    match event:
        case Exchanged():
            yield from _exchange(event, redactor)
        case Timed():
            yield line(f"  {event.kind} {_text(event.name, redactor)}: ", _took(event.took_ns), *_why(event, redactor))
        case Checked():
            says = Span("holds") if event.holds else Span("does not hold", Tone.BAD)
            yield line(f"  check {_text(event.name, redactor)}: ", says)
        case Measured():
            yield line(f"  metric {_text(event.name, redactor)}: {event.value:g} {clean(event.unit)}".rstrip())
        case Ended(error=None):
            yield line(f"  good, {_took(event.took_ns)}")
        case Ended(error=ErrorClass.CUT):
            yield line(f"  unfinished after {_took(event.took_ns)}")
        case Ended():
            after = f" after {_took(event.took_ns)}" if event.took_ns else ""
            yield line("  ", Span("failed", Tone.BAD), f"{after}: {event.error}: {_text(event.detail, redactor)}")
            yield from _block(redactor.text(event.trace), "    ")


def _exchange(event: Exchanged, redactor: Redactor) -> Iterator[Line]:
    status = Span(f"{event.status or '-':>5}", Tone.PLAIN if event.error is None else Tone.BAD)
    what = _text(f"{event.method} {event.target}", redactor)
    name = _text(event.name, redactor)
    step = "" if name == what else f"  {name}"
    size = format_bytes(event.size)
    yield line(status, f"  {pad(what, TARGET_COLUMNS)}  {_took(event.took_ns):>8}  {size:>8}{step}")
    if event.error is None:
        return
    yield line("         ", Span(f"{event.error}", Tone.BAD), f": {_text(_said(event), redactor)}")
    yield from _content(event, redactor)


def _content(event: Exchanged, redactor: Redactor) -> Iterator[Line]:
    """How it got there, what was sent and what came, as far as it is shown."""
    for said in ("on the connection of the request before",) if event.reused else _way(event.way):
        yield line("         * ", _text(said, redactor))
    for field, value in event.sent:
        yield line(f"         > {clean(field)}: {clean(redactor.header(field, value))}")
    yield from _block(redactor.bytes_(event.sent_body), "         > ")
    if event.head and event.error is not ErrorClass.CUT:
        yield line(f"         * first byte after {_took(event.first_ns or event.took_ns)}")
    yield from _block(redactor.bytes_(event.head.partition(b"\r\n\r\n")[0]), "         < ", MOST_HEAD_ROWS)
    yield from _block(redactor.bytes_(event.body), "         | ")


def _way(stages: Iterable[Stage]) -> Iterator[str]:
    """What is said of each part of the opening of a connection."""
    for stage in stages:
        took = _took(stage.took_ns)
        match stage.kind, *stage.what:
            case "name", host, *addresses:
                yield f"{host} is {listed(addresses, 'or')}, looked up in {took}"
            case "connect", address, *proxy:
                where = f"{address}, the proxy {proxy[0]}," if proxy else address
                yield (
                    f"not connected to {where}: {stage.failed}, after {took}"
                    if stage.failed
                    else (f"connected to {where} in {took}")
                )
            case ["way"]:
                yield f"the proxy opened the way in {took}"
            case "tls", version, cipher, alpn:
                again = ", a session taken up again" if stage.resumed else ""
                yield f"{version} in {took}: {cipher}, ALPN {alpn or 'none'}{again}"
                yield from _certificate(stage.certificate)


def _certificate(shown: Certificate | None) -> Iterator[str]:
    if shown is not None:
        issuer = "itself" if shown.issuer == shown.subject else shown.issuer
        checked = "" if shown.checked else ", not checked (--insecure)"
        yield f"certificate of {shown.subject} by {issuer} until {shown.until}{checked}"


def _block(text: str, indent: str, most: int = MOST_BODY_ROWS) -> Iterator[Line]:
    rows = [row for row in text.splitlines() if row.strip()]
    for row in rows[:most]:
        yield line(indent, clean(row[:MOST_ROW]), "..." if len(row) > MOST_ROW else "")
    if len(rows) > most:
        yield line(indent, "...")


def _said(event: Exchanged) -> str:
    if event.error is None or event.error is ErrorClass.CUT:
        return "interrupted"
    return event.detail or event.error.text


def _why(event: Timed, redactor: Redactor) -> Iterator[Span]:
    if event.error is not None:
        yield Span(", ")
        yield Span("failed", Tone.BAD)
        yield Span(f": {_text(event.detail or event.error.text, redactor)}")


def _took(took_ns: int) -> str:
    return format_ms(took_ns / NS_PER_MS)


def _text(text: str, redactor: Redactor) -> str:
    return clean(redactor.text(text))
