from pathlib import Path

import pytest

from loadgen.base.errors import UsageError
from loadgen.observe.export.kinds import Out, log_every, parse_outs


def test_each_kind_says_where(tmp_path: Path) -> None:
    file = str(tmp_path / "a=b.csv")
    url = "http://db:8086/write?db=x"
    assert parse_outs([f"csv={file}", "prometheus", "statsd=:9", f"influx={url}"]) == [
        Out("csv", file),
        Out("prometheus", "127.0.0.1:9464"),
        Out("statsd", ":9"),
        Out("influx", url),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cvs=x", "did you mean 'csv'"),
        ("csv", "csv=FILE"),
        ("csv=/nowhere/x.csv", "cannot write '/nowhere/x.csv': No such file or directory"),
        ("prometheus=", "prometheus alone"),
        ("prometheus=9464", "expected HOST:PORT"),
        ("prometheus=localhost", "expected HOST:PORT"),
        ("statsd=host:99999", "expected HOST:PORT"),
        ("influx=http://db:8086", "/write?db=NAME"),
        ("influx=db:8086/write", "/write?db=NAME"),
        ("page=0.0.0.0:80", "--web-cert"),
        ("requests:0=x", "requests:N=FILE"),
        ("requests:x=x", "requests:N=FILE"),
        ("csv:3=x", "requests:N="),
    ],
)
def test_what_could_not_work_is_refused_before_the_run(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=r"^--out: ") as caught:
        parse_outs([text])
    assert said in str(caught.value)


def test_a_log_takes_each_nth_request(tmp_path: Path) -> None:
    assert log_every(parse_outs([f"requests:50={tmp_path}/x", "statsd"])) == 50
    assert log_every(parse_outs([f"requests={tmp_path}/x"])) == 1
    assert log_every(parse_outs(["statsd"])) == 0
    with pytest.raises(UsageError, match="one log"):
        log_every(parse_outs([f"requests={tmp_path}/x", f"requests={tmp_path}/y"]))


def test_the_same_place_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="twice"):
        parse_outs([f"csv={tmp_path}/x", f"csv={tmp_path}/x"])
