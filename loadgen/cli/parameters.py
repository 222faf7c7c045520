"""Parameters that several commands share: annotated types, and groups of them."""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Annotated, Any

import typer

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.imported import imported
from loadgen.base.units import listed, parse_duration_s
from loadgen.cli.options import FLAG, JUDGING, WHERE, own_option, parameter
from loadgen.report.exports import EXPORTS, OUTPUT, SAVED, Export, Kind

BASELINE = "Against a baseline"
Target = Annotated[
    str,
    typer.Argument(metavar="TARGET", help="A URL, a profile (.yaml), a scenario (.py) or a shipped one's name."),
]


def check_target(command: str, target: str, flags: Mapping[str, Any]) -> None:
    """Raises UsageError where it is neither said where to, nor by a list of requests."""
    if not target and "targets" not in flags:
        raise UsageError(
            f"Missing argument 'TARGET', or it is empty: a URL, a profile or a scenario; see `loadgen {command} --help`"
        )


Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Set a profile's variable; repeatable.", rich_help_panel=OUTPUT),
]
Slo = Annotated[
    list[str] | None,
    typer.Option(
        "--slo", metavar="EXPR", help="'p99 < 50ms' or 'error_rate < 0.1%'; repeatable.", rich_help_panel=JUDGING
    ),
]
Rounds = Annotated[
    int,
    own_option(
        ["--rounds"], BASELINE, "Run it so often, each time in a fresh process, and report all as one.", "N", least=1
    ),
]
Outs = Annotated[
    list[str] | None,
    typer.Option(
        "--out",
        metavar="KIND[=WHERE]",
        help="csv=FILE, jsonl=FILE, prometheus, influx=URL, statsd, otlp, page: each second; requests=FILE: each.",
        rich_help_panel=OUTPUT,
    ),
]
Labels = Annotated[
    list[str] | None,
    typer.Option(
        "--label",
        metavar="KEY=VALUE",
        help="Say in the result what it is of; repeatable. CI's commit comes by itself.",
        rich_help_panel=OUTPUT,
    ),
]
Slowest = Annotated[
    bool,
    own_option(
        ["--slowest"],
        JUDGING,
        "Keep the 10 slowest requests of each name: when, connection, status, Server-Timing.",
        FLAG,
    ),
]
Live = Annotated[
    str | None,
    own_option(
        ["--live"], OUTPUT, "full, line, plain or none. (default: full where the terminal has 80x20, else line)", "FORM"
    ),
]
WEB = "Live page"
ResultFiles = Annotated[
    list[str], typer.Argument(metavar="RESULT", help="Saved results (`loadgen run -o FILE`): one or more rounds.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """The options that compare with a baseline."""

    baseline: Annotated[
        str | None,
        own_option(
            ["--baseline"], BASELINE, "Compare with this baseline, or file of results: exit code 120 if worse.", "NAME"
        ),
    ] = None
    max_regression: Annotated[
        str | None,
        own_option(
            ["--max-regression"], BASELINE,
            "How much worse each metric may be. (default: 'p50: 10%, p99: 10%, ok_rps: 5%, error_rate: 1%')",
            "MARGINS",
        ),
    ] = None  # fmt: skip
    anyway: Annotated[
        bool, own_option(["--anyway"], BASELINE, "Compare with a baseline of another machine, too.", FLAG)
    ] = False

    @property
    def asked(self) -> bool:
        """Whether any of them was given."""
        return self.baseline is not None or self.max_regression is not None or self.anyway


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """The machines that a run is made on, where it is not made here."""

    machine: Annotated[
        list[str] | None,
        own_option(
            ["--machine"],
            WHERE,
            "Run on the machine that this reaches, as 'ssh host2'; repeatable.",
            "COMMAND",
            inherits=False,
        ),
    ] = None
    cluster: Annotated[
        str | None,
        own_option(["--cluster"], WHERE, "Run on the machines of a Dask cluster: tls://HOST:PORT.", "ADDRESS"),
    ] = None
    machines: Annotated[
        int | None, own_option(["--machines"], WHERE, "So many of the cluster's. (default: all)", "N", least=1)
    ] = None
    certificates: Annotated[
        str | None,
        own_option(["--certificates"], WHERE, "The folder with the cluster's.", "DIR"),
    ] = None
    cluster_wait: Annotated[
        str | None,
        own_option(["--cluster-wait"], WHERE, "Wait so long for it, and for --machines. (default: 30s)", "TIME"),
    ] = None
    on_lost: Annotated[
        str, own_option(["--on-lost"], WHERE, "stop, or go-on with the machines that are left.", "WHAT")
    ] = "stop"  # fmt: skip

    @property
    def where(self) -> Any:
        """A Where (executors/places/machines/fleet.py); None where none was asked for. Raises UsageError."""
        if self.on_lost not in ("stop", "go-on"):
            raise UsageError(f"--on-lost: expected stop or go-on, got {self.on_lost!r}")
        if self.machine and self.cluster:
            raise UsageError("--machine and --cluster: give one of them")
        if self.machines is not None and self.cluster is None:
            raise UsageError("--machines: give --cluster ADDRESS, of which it takes so many")
        if self.cluster_wait is not None and self.cluster is None:
            raise UsageError("--cluster-wait: give --cluster ADDRESS, which it waits for")
        try:
            wait_s = None if self.cluster_wait is None else parse_duration_s(self.cluster_wait)
        except ValueError as error:
            raise UsageError(f"--cluster-wait: {error}") from None
        if not self.machine and self.cluster is None:
            return None
        return imported("loadgen.executors.places.machines.fleet", "Where")(
            tuple(self.machine or ()), self.on_lost, self.cluster, self.machines, self.certificates, wait_s
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ToOthers:
    """Who may see a page beside this machine."""

    web_cert: Annotated[
        str | None, own_option(["--web-cert"], WEB, "Serve it over TLS, also to other machines (PEM).")
    ] = None
    web_key: Annotated[str | None, own_option(["--web-key"], WEB, "Its private key (PEM).")] = None
    insecure_web: Annotated[
        bool, own_option(["--insecure-web"], WEB, "Serve it to other machines without TLS.", FLAG)
    ] = False

    @property
    def flags(self) -> dict[str, Any]:
        """What was given, by its flag."""
        return {"--web-cert": self.web_cert, "--web-key": self.web_key, "--insecure-web": self.insecure_web}

    def place(self, address: str) -> Any:
        """A WebPlace (observe/web/place.py). Raises UsageError."""
        kind = imported("loadgen.observe.web.place", "WebPlace")
        try:
            host, port = imported("loadgen.base.address", "host_and_port")(address, "127.0.0.1:9000")
            place = kind(host, port, self.web_cert or "", self.web_key or "", self.insecure_web)
            place.check()
        except ValueError as error:
            raise UsageError(f"--web: {error}") from None
        return place


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """The live page: whether there is one, where, and until when."""

    web: Annotated[
        str | None,
        own_option(["--web"], WEB, "Show the run to browsers, at 127.0.0.1 or where this says.", "[=ADDRESS]"),
    ] = None
    linger: Annotated[bool, own_option(["--linger"], WEB, "Keep the page after the run, until Ctrl-C.", FLAG)] = False
    to_others: ToOthers

    @property
    def outs(self) -> list[Any]:
        """The page as an Out (observe/export/kinds.py), if there is to be one. Raises UsageError."""
        if self.web is None:
            for flag, given in {"--linger": self.linger, **self.to_others.flags}.items():
                if given:
                    raise UsageError(f"{flag} is about the page of --web: add --web")
            return []
        return [imported("loadgen.observe.export.kinds", "Out")("page", self.to_others.place(self.web).written)]


@dataclass(frozen=True, slots=True)
class Output:
    """What is to be printed, and the files that are to be written, by the names of their exports.

    `measured`: it cannot be made again by reading a file.
    """

    form: str = "text"
    files: Mapping[str, str] = field(default_factory=dict)
    quiet: bool = False
    measured: bool = False


@dataclass(frozen=True, slots=True)
class OutputFlags:
    """What the table of exports has for these kinds of documents; `measures`: and what only a command has that runs."""

    kinds: tuple[Kind, ...]
    measures: bool = True

    def parameters(self) -> Iterator[inspect.Parameter]:
        """One for each file, one for the form."""
        for row in self._files():
            yield parameter(row.name, str | None, own_option(row.flags, row.panel, row.help))
        text = f"{listed(self._forms(), 'or')} on stdout."
        yield parameter("form", str, own_option(["--format"], OUTPUT, text, "FORM"), "text")
        if self.measures:
            text = "No progress, and no report when -o is given."
            yield parameter("quiet", bool, own_option(["-q", "--quiet"], OUTPUT, text, FLAG), False)

    def take(self, values: dict[str, Any]) -> Output:
        """Taken out of a command's values. Raises UsageError for a form that there is not."""
        files = {row.name: values.pop(row.name) for row in self._files()}
        form = values.pop("form")
        if form not in self._forms():
            raise UsageError(f"--format: expected {listed(self._forms(), 'or')}, got {form!r}")
        given = {name: file for name, file in files.items() if file is not None}
        return Output(form, given, self.measures and values.pop("quiet"), self.measures)

    def _files(self) -> list[Export]:
        return [row for row in self._rows() if row.flags and (self.measures or row.name != SAVED)]

    def _forms(self) -> list[str]:
        return [row.name for row in self._rows() if row.printed]

    def _rows(self) -> list[Export]:
        return [row for row in EXPORTS if any(kind in row.renderers for kind in self.kinds)]
