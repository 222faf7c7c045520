"""What fingers remember from other tools: one meaning is accepted; several are refused, with our word."""

from dataclasses import replace

import pytest

import loadgen as package
from loadgen.cli.app import meant_by
from loadgen.cli.options import ALIASES, OPTIONS
from loadgen.cli.readings import reading_of
from loadgen.plan.condition import parse_condition
from tests.support.command import Finished, loadgen

URL = "http://127.0.0.1:9/"
SAME = {
    "--users": (["--users", "7"], ["-c", "7"]),
    "--vus": (["--vus=7"], ["-c", "7"]),
    "--concurrency": (["--concurrency", "7"], ["-c", "7"]),
    "--concurrent": (["--concurrent", "7"], ["-c", "7"]),
    "--rps-limit": (["--rps-limit", "50"], ["-R", "50"]),
    "-z": (["-z", "3s"], ["-d", "3s"]),
    "--run-time": (["--run-time", "3s"], ["-d", "3s"]),
    "-duration": (["-duration=3s"], ["-d", "3s"]),
    "--iterations": (["--iterations", "70"], ["-n", "70"]),
    "--amount": (["--amount", "70"], ["-n", "70"]),
    "--warm-up": (["--warm-up", "1s"], ["--warmup", "1s"]),
    "--qps": (["--qps", "50"], ["-R", "50"]),
    "--rps": (["--rps", "50"], ["-R", "50"]),
    "-qps": (["-qps", "50"], ["-R", "50"]),
    "-rate": (["-rate=50"], ["-R", "50"]),
    "-X": (["-XPUT"], ["-m", "PUT"]),
    "--headers": (["--headers", "A: 1", "-H", "B: 2"], ["-H", "A: 1", "-H", "B: 2"]),
    "-header": (["-header", "A: 1"], ["-H", "A: 1"]),
    "--data": (["--data", "text"], ["-b", "text"]),
    "--data-binary": (["--data-binary", f"@{__file__}"], ["-b", f"@{__file__}"]),
    "--max-time": (["--max-time", "4"], ["--timeout", "4"]),
    "--request-timeout": (["--request-timeout", "4s"], ["--timeout", "4s"]),
    "-timeout": (["-timeout=4s"], ["--timeout", "4s"]),
    "--disable-keepalive": (["--disable-keepalive"], ["--no-keepalive"]),
    "--no-keep-alive": (["--no-keep-alive"], ["--no-keepalive"]),
    "--no-connection-reuse": (["--no-connection-reuse"], ["--no-keepalive"]),
    "-disable-keepalive": (["-disable-keepalive"], ["--no-keepalive"]),
    "--insecure-skip-tls-verify": (["--insecure-skip-tls-verify"], ["-k"]),
    "-insecure": (["-insecure"], ["-k"]),
    "--root-certs": (["--root-certs", "/nosuch"], ["--cacert", "/nosuch"]),
    "-root-certs": (["-root-certs=/nosuch"], ["--cacert", "/nosuch"]),
    "--max-redirects": (["--max-redirects", "3"], ["--redirects", "3"]),
    "-redirects": (["-redirects=3"], ["--redirects", "3"]),
    "-unix-socket": (["-unix-socket", "/run/s"], ["--unix-socket", "/run/s"]),
    "-connect-to": (["-connect-to=a:1:b:2"], ["--connect-to", "a:1:b:2"]),
    "--interface": (["--interface", "127.0.0.2"], ["--local-address", "127.0.0.2"]),
    "--local-ips": (["--local-ips", "127.0.0.2"], ["--local-address", "127.0.0.2"]),
    "-laddr": (["-laddr=127.0.0.2"], ["--local-address", "127.0.0.2"]),
    "--redirect": (["--redirect", "3"], ["--redirects", "3"]),
    "-cpus": (["-cpus=2"], ["--processes", "2"]),
    "--cpus": (["--cpus", "2"], ["--processes", "2"]),
    "-dns-ttl": (["-dns-ttl", "5s"], ["--dns-ttl", "5s"]),
    "-B": (["-B", "127.0.0.2"], ["--local-address", "127.0.0.2"]),
    "--bailout": (["--bailout", "5"], ["--max-errors", "5"]),
    "--stop-timeout": (["--stop-timeout", "3"], ["--grace", "3"]),
    "-max-workers": (["-max-workers=90", "-R", "5"], ["--max-connections", "90", "-R", "5"]),
    "-max-connections": (["-max-connections", "90", "-R", "5"], ["--max-connections", "90", "-R", "5"]),
    "-targets": (["-targets=/nosuch"], ["--targets", "/nosuch"]),
    "--urls-from-file": (["--urls-from-file", "/nosuch"], ["--targets", "/nosuch"]),
}
SEVERAL = {
    "-t": (["-t4"], ["threads (wrk)", "timeout (hey", "duration (ab, Locust)", "--workers, --timeout, -d"]),
    "-q with a number": (["-q", "100"], ["the rate (oha", "quiet here", "-R"]),
    "-T of a type": (["-T", "text/plain"], ["content type in hey", "a threshold here", "-H 'Content-Type"]),
    "-d of a body": (["-d", '{"a": 1}'], ["the body in hey", "the duration here", "-b"]),
    "-d of a body's file": (["-d", "@file"], ["the body in hey", "the duration here", "-b"]),
    "-d of a form": (["-d", "a=b"], ["the body in hey", "the duration here", "-b"]),
    "-a of a number": (["-a", "5"], ["requests (autocannon)", "USER:PASSWORD here", "-n"]),
    "-a of nothing": (["-a", "-n", "5"], ["no keep-alive (bombardier)", "--no-keepalive"]),
    "-X of a proxy": (["-X", "127.0.0.1:3128"], ["a proxy in ab", "-x HOST:PORT"]),
    "-m of a number": (["-m", "10"], ["streams of a connection (h2load)", "--streams"]),
    "-H of a URL": (["-H", "http://127.0.0.1:9"], ["the base URL in Locust", "a header here", "--target"]),
    "-D": (["-D", "file"], ["a file as body", "heads (curl)", "-b @FILE"]),
    "-A": (["-A", "a:b"], ["(ab)", "(hey, oha)", "(curl)"]),
    "-u": (["-u", "5"], ["users (k6, Locust)", "(curl)", "(ab)", "-c"]),
    "-r": (["-r", "5"], ["(bombardier)", "(Locust)", "(oha)", "(ab)", "-R", "--ramp-up"]),
    "-s": (["-s", "x.lua"], ["(wrk)", "(k6)", "(ab)", "--stage", "--timeout"]),
    "-i": (["-i", "5"], ["(k6)", "(autocannon)", "(ab)", "-n", "-b @FILE", "-m HEAD"]),
    "-p": (["-p", "file"], ["(ab)", "(bombardier)", "(oha)", "-b @FILE"]),
    "-e": (["-e", "A=1"], ["(k6)", "(ab)", "--set"]),
    "-l": (["-l"], ["(bombardier)", "(ab)", "leave it out"]),
    "-f": (["-f", "file"], ["(Locust)", "(bombardier)", "TARGET", "-b @FILE"]),
    "--host": (["--host", "x"], ["(Locust)", "(hey, oha)", "--target", "-H 'Host: ...'"]),
    "--tag": (["--tag", "x"], ["(k6)", "Locust"]),
    "--json": (["--json", "x"], ["(curl)", "(Locust)", "-b TEXT", "-o FILE"]),
    "--spawn-rate": (["--spawn-rate", "5"], ["users started a second", "--ramp-up"]),
    "--request": (["--request", "PUT"], ["(curl)", "-m", "-n"]),
}


def checked(*argv: str) -> Finished:
    return loadgen("check", URL, *argv)


@pytest.mark.parametrize(("alias", "ours"), SAME.values(), ids=SAME)
def test_what_has_one_meaning_is_accepted(alias: list[str], ours: list[str]) -> None:
    done = checked(*alias)
    assert done == checked(*ours)
    assert done.code == (2 if {"/nosuch", "--dns-ttl"} & {*ours} else 0), "an address has no name to look up"


def test_every_alias_is_tried_and_belongs_to_one_option() -> None:
    every = [alias for option in OPTIONS for alias in option.aliases]
    assert sorted(SAME) == sorted(every)
    assert len({*every, *(flag for option in OPTIONS for flag in option.flags)}) == len(every) + sum(
        len(option.flags) for option in OPTIONS
    )


@pytest.mark.parametrize("command", ["run", "check", "find-max", "compare", "s3"])
def test_the_help_has_no_alias(command: str) -> None:
    words = loadgen(command, "--help-all").out.replace(",", " ").split()
    assert [alias for aliases in ALIASES.values() for alias in aliases if alias in words] == []


def test_aliases_are_those_of_every_command_that_makes_load() -> None:
    for command, target in (("compare", URL), ("find-max", URL), ("run", URL), ("s3", "get")):
        done = loadgen(command, target, "--users", "many", "--vus", "none")
        assert done.code == 2
        assert "'none'" in done.err, "the last one counts, as with any option"


@pytest.mark.parametrize(("argv", "texts"), SEVERAL.values(), ids=SEVERAL)
def test_what_has_several_meanings_is_refused_with_them(argv: list[str], texts: list[str]) -> None:
    done = loadgen("run", URL, *argv)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert [text for text in texts if text not in done.err] == []
    assert "Possible options" not in done.err


@pytest.mark.parametrize(
    "flag",
    ["-L", "--location", "--user", "--latency", "--headless", "--debug", "--master", "--otel", "-g"],
)
def test_what_is_not_here_is_refused_by_name(flag: str) -> None:
    done = loadgen("run", URL, flag, "x")
    assert (done.code, done.err) == (2, f"loadgen: {reading_of(flag)}; see `loadgen run --help`\n")
    assert "here" in done.err


@pytest.mark.parametrize("flag", ["--obj.size", "--noclear", "--get-distrib", "--access-key"])
def test_what_warp_calls_otherwise_is_refused_by_name(flag: str) -> None:
    done = loadgen("s3", "get", "s3://photos", flag, "x")
    assert (done.code, done.err) == (2, f"loadgen: {reading_of(flag)}; see `loadgen s3 --help`\n")
    assert "(warp); here: " in done.err


@pytest.mark.parametrize(
    "word",
    [
        "-body",
        "-disable-compression",
        "-disable-redirects",
        "-keepalive=false",
        "-workers",
        "-output=f",
        "-name",
        "-lazy",
    ],
)
def test_a_word_behind_a_single_dash_is_not_read_letter_by_letter(word: str) -> None:
    done = loadgen("run", URL, word, "x")
    assert (done.code, done.err) == (2, f"loadgen: {reading_of(word.partition('=')[0])}\n")
    assert loadgen("check", URL, "--", word).code == 2, "behind -- it is a word too many"
    assert loadgen("check", URL, "-H", "-body: x", "-c5").code == 0


def test_a_slip_of_the_fingers_still_has_its_hint() -> None:
    assert "--connections, --max-connections" in loadgen("run", URL, "--conections", "5").err
    assert "quote values that have blanks" in loadgen("run", URL, "more").err


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ([URL, "-n", "1"], ["run", URL, "-n", "1"]),
        (["127.0.0.1:8080"], ["run", "127.0.0.1:8080"]),
        ([":8080"], ["run", ":8080"]),
        (["shop.py", "--target", URL], ["run", "shop.py", "--target", URL]),
        (["-c", "5", URL], ["run", "-c", "5", URL]),
        (["-t4", "-c64", URL], ["run", "-t4", "-c64", URL]),
        (["help"], ["--help"]),
        (["help", "run"], ["run", "--help"]),
        (["version"], ["--version"]),
        (["--version"], ["--version"]),
        (["-h"], ["-h"]),
        (["rum", URL], ["rum", URL]),
        (["run", URL], ["run", URL]),
        ([], []),
    ],
)
def test_a_command_may_be_left_out_where_it_is_clear(typed: list[str], meant: list[str]) -> None:
    assert meant_by(typed) == meant


def test_the_commands_that_other_tools_have() -> None:
    assert loadgen("help") == loadgen("--help")
    assert loadgen("help", "run") == loadgen("run", "--help")
    assert loadgen("version") == replace(loadgen("--version"), out=f"loadgen {package.__version__}\n")
    assert loadgen("-c", "0", URL) == loadgen("run", URL, "-c", "0")


VALUES = {
    "a rate of thousands": (["-R", "1k"], ["-R", "1000"]),
    "a rate with an exponent": (["-R", "1e3"], ["-R", "1000"]),
    "a rate of vegeta's": (["-rate", "50/1s"], ["-R", "50/s"]),
    "HTTP/2 as hey": (["-h2"], ["--http", "2"]),
    "HTTP/2 as vegeta": (["-h2c"], ["--http", "2"]),
    "a rate with its unit": (["-R", "1.5k/sec"], ["-R", "1500/s"]),
    "users with an exponent": (["-c", "1e3"], ["-c", "1000"]),
    "requests of thousands": (["-n", "10k"], ["-n", "10000"]),
    "requests of millions": (["-n", "1.5M"], ["-n", "1500000"]),
    "a stage of thousands": (["--stage", "30sec:1k"], ["--stage", "30s:1000"]),
    "seconds": (["-d", "10sec"], ["-d", "10s"]),
    "seconds apart": (["-d", "10 s"], ["-d", "10s"]),
    "minutes": (["-d", "2min"], ["-d", "2m"]),
    "seconds after minutes": (["-d", "1m30"], ["-d", "90s"]),
    "half minutes": (["-d", "1.5m"], ["-d", "90s"]),
}
CONDITIONS = {
    "p99 < 1 s": "p99 < 1s",
    "p95 < 250 ms": "p95 < 250ms",
    "p(95)<250": "p(95) < 250ms",
    "error_rate<1 %": "error_rate < 1%",
    "error_rate > 5 % over 10 s min 200": "error_rate > 5% over 10s min 200",
    "p99 < 1 s abort": "p99 < 1s abort",
    "p99 < 1m30": "p99 < 90s",
    "bytes_received_per_s > 10 MiB/s": "bytes_received_per_s > 10MiB",
    "rps >= 1k": "rps >= 1000",
}
PLACES = {
    "127.0.0.1:9": "http://127.0.0.1:9/",
    "127.0.0.1/path": "http://127.0.0.1/path",
    ":9": "http://127.0.0.1:9/",
    ":9/path?a=b": "http://127.0.0.1:9/path?a=b",
    "localhost": "http://localhost/",
    "localhost/path": "http://localhost/path",
    "[::1]:9": "http://[::1]:9/",
    "api.test:9/path": "http://api.test:9/path",
    "api.test:443": "https://api.test/",
}


@pytest.mark.parametrize(("theirs", "ours"), VALUES.values(), ids=VALUES)
def test_a_value_may_be_spelt_as_elsewhere(theirs: list[str], ours: list[str]) -> None:
    assert checked(*theirs) == checked(*ours)
    assert checked(*theirs).code == 0


@pytest.mark.parametrize(
    "argv", [["-c", "1.5"], ["-c", "1m"], ["-n", "1kk"], ["-c", "1e99"], ["-R", "1m"], ["-d", "1s30"], ["-d", "1M"]]
)
def test_what_has_no_one_meaning_is_no_value(argv: list[str]) -> None:
    done = checked(*argv)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert f"got '{argv[1]}'" in done.err


@pytest.mark.parametrize(("theirs", "ours"), CONDITIONS.items(), ids=CONDITIONS)
def test_a_unit_may_stand_apart_in_a_condition(theirs: str, ours: str) -> None:
    assert replace(parse_condition(theirs, use="threshold"), text="") == replace(
        parse_condition(ours, use="threshold"), text=""
    )


def test_a_min_after_a_number_is_the_count_that_follows() -> None:
    assert parse_condition("failed < 5 over 10 s min 200", use="threshold").min_count == 200


@pytest.mark.parametrize(("typed", "url"), PLACES.items(), ids=PLACES)
def test_a_place_needs_no_scheme_where_it_is_clear(typed: str, url: str) -> None:
    assert loadgen("check", typed) == loadgen("check", url)
    assert loadgen("check", "quickstart", "--target", typed) == loadgen("check", "quickstart", "--target", url)
    assert loadgen("check", typed).code == 0


@pytest.mark.parametrize("typed", ["api.test", "shop.yaml", "nosuch", ":9x", "a:b@host:9", "host:9:9", "localhost:"])
def test_what_may_be_a_file_or_anything_else_is_no_place(typed: str) -> None:
    done = loadgen("check", typed)
    assert (done.code, "is neither a URL" in done.err) == (2, True)


def test_a_store_needs_no_scheme() -> None:
    bare, whole = (
        loadgen("s3", "get", "--bucket", "b", "--endpoint", where, "-c", "none")
        for where in ("nosuch:9000", "http://nosuch:9000")
    )
    assert bare == whole
    assert bare.err.count("\n") == 1


@pytest.mark.parametrize("argv", [[], ["run"], ["check"], ["find-max", "--slo", "p99 < 1s"], ["s3"]])
def test_what_is_to_be_done_with_a_bucket_is_asked(argv: list[str]) -> None:
    done = loadgen(*argv, "s3://bucket/prefix")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "s3://bucket/prefix: which job? `loadgen s3 get s3://bucket/prefix`, or put" in done.err


def test_a_place_of_a_store_is_its_bucket_and_prefix() -> None:
    wrong = ("--endpoint", "nosuch:9000", "-c", "none")  # seen before anything is sent
    theirs, ours = loadgen("s3", "get", "s3://b/p", *wrong), loadgen("s3", "get", "--bucket", "b", *wrong)
    assert theirs == ours
    twice = loadgen("s3", "get", "s3://b/p", "--bucket", "c", *wrong)
    assert twice.err == "loadgen: --bucket: s3://b/p says it already\n"
    for words, said in (
        (["s3://"], "expected s3://bucket or"),
        (["s3://a", "s3://b"], "expected one s3://BUCKET/PREFIX"),
    ):
        assert said in loadgen("s3", "get", *words, *wrong).err
