import json
from pathlib import Path

import pytest

from loadgen.plan.build import make_plan
from loadgen.plan.codec import describe_plan
from loadgen.plan.profiles.document import ProfileError, read_profile
from loadgen.plan.profiles.grpc_messages import GrpcError, call_of

PROTO = """
syntax = "proto3";
package demo.v1;
import "google/protobuf/duration.proto";
message Ask { string text = 1; int32 times = 2; google.protobuf.Duration pause = 3; }
service Echo {
  rpc Say(Ask) returns (Ask);
  rpc Up(stream Ask) returns (Ask);
}
service Other { rpc Say(Ask) returns (Ask); }
"""


@pytest.fixture
def proto(tmp_path: Path) -> str:
    file = tmp_path / "echo.proto"
    file.write_text(PROTO)
    return str(file)


def test_a_message_becomes_bytes(proto):
    path, body = call_of(proto, "demo.v1.Echo/Say", {"text": "hi", "times": 3, "pause": "2s"})
    assert path == "/demo.v1.Echo/Say"
    assert body == b"\0\0\0\0\x0a\x0a\x02hi\x10\x03\x1a\x02\x08\x02"
    assert call_of(proto, "Echo/Say", None) == ("/demo.v1.Echo/Say", b"\0\0\0\0\0")


def test_a_descriptor_set_will_do(proto, tmp_path):
    from grpc_tools import protoc

    out = tmp_path / "echo.pb"
    well_known = Path(protoc.__file__).parent / "_proto"
    arguments = [f"-I{tmp_path}", f"-I{well_known}", "--include_imports", f"--descriptor_set_out={out}", proto]
    assert protoc.main(["protoc", *arguments]) == 0
    assert call_of(str(out), "Echo/Say", {"text": "hi"})[0] == "/demo.v1.Echo/Say"


@pytest.mark.parametrize(
    ("method", "message", "problem"),
    [
        ("Nope", {}, "there is none; known are: demo.v1.Echo/Say"),
        ("Say", {}, "several are called so: demo.v1.Echo/Say, demo.v1.Other/Say"),
        ("Up", {}, "takes a stream of messages"),
        ("Echo/Say", {"txt": 1}, 'no field named "txt"'),
        ("Echo/Say", {"times": "x"}, "times"),
    ],
)
def test_what_cannot_be_called(proto, method, message, problem):
    with pytest.raises(GrpcError) as error:
        call_of(proto, method, message)
    assert problem in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_no_description_of_services(tmp_path):
    for name, text in (("a.pb", b"\xff\xff"), ("b.pb", b"")):
        (tmp_path / name).write_bytes(text)
        with pytest.raises(GrpcError):
            call_of(str(tmp_path / name), "Say", {})


def plan_of(tmp_path, **grpc):
    profile = tmp_path / "p.yaml"
    profile.write_text(
        json.dumps(
            {
                "target": "http://127.0.0.1:1",
                "variables": {"NUMBER": {"sequence": 1}},
                "requests": [{"grpc": {"file": "echo.proto", **grpc}}],
            }
        )
    )
    return make_plan(read_profile(profile, {}, {}, {}), cores=2, gil=True)


def test_a_call_is_a_request_over_http2(proto, tmp_path):
    plan = plan_of(tmp_path, method="Echo/Say", message={"text": "hi"}, deadline="1.5s")
    (request,) = plan.job.requests
    assert (plan.http, plan.streams) == ("2", 100)
    assert (request.name, request.method, request.path) == ("demo.v1.Echo/Say", "POST", "/demo.v1.Echo/Say")
    assert {("TE", "trailers"), ("Content-Type", "application/grpc"), ("grpc-timeout", "1500m")} <= set(request.headers)
    assert describe_plan(plan)["requests"][0]["grpc"] is True


@pytest.mark.parametrize(
    ("grpc", "problem"),
    [
        ({}, "expected a file"),
        (
            {"method": "Echo/Say", "message": {"text": "${NUMBER}"}},
            "can stand only in a request's path, headers or body",
        ),
        ({"method": "Echo/Say", "file": "none.proto"}, "none.proto"),
    ],
)
def test_what_a_profile_must_not_say(proto, tmp_path, grpc, problem):
    with pytest.raises(ProfileError) as error:
        plan_of(tmp_path, **grpc)
    assert problem in str(error.value)
