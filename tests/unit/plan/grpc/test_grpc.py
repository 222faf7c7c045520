import json
from io import BytesIO
from pathlib import Path

import pytest

from loadgen.plan.build import make_plan
from loadgen.plan.codec import describe_plan, plan_to_pieces, read_plan
from loadgen.plan.grpc.messages import files_of, messages_of
from loadgen.plan.grpc.reflection import reflected
from loadgen.plan.grpc.services import method_of
from loadgen.plan.jobs.grpc_call import GrpcError
from loadgen.plan.profiles.document import ProfileError, read_profile
from loadgen.workloads.request import make_request
from loadgen.workloads.template import Sources
from tests.support.reflection import answer

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


def test_a_message_becomes_bytes_and_bytes_a_message(proto):
    call = method_of(proto, "demo.v1.Echo/Say")
    messages = messages_of(call)
    body = b"\0\0\0\0\x0a\x0a\x02hi\x10\x03\x1a\x02\x08\x02"
    said = {"text": "hi", "times": 3, "pause": "2s"}
    assert (call.method, messages.encode(said)) == ("demo.v1.Echo/Say", body)
    assert messages.encode(None) == b"\0\0\0\0\0"
    assert messages.decode(body + body + body[:-1]) == [said, said]
    with pytest.raises(GrpcError, match="no message of its type"):
        messages.decode(b"\0\0\0\0\x01\xff")


def test_a_descriptor_set_will_do(proto, tmp_path):
    from grpc_tools import protoc

    out = tmp_path / "echo.pb"
    well_known = Path(protoc.__file__).parent / "_proto"
    arguments = [f"-I{tmp_path}", f"-I{well_known}", "--include_imports", f"--descriptor_set_out={out}", proto]
    assert protoc.main(["protoc", *arguments]) == 0
    assert method_of(str(out), "Echo/Say") == method_of(proto, "demo.v1.Echo/Say")


@pytest.mark.parametrize(
    ("method", "message", "problem"),
    [
        ("Nope", {}, "there is none; known are: demo.v1.Echo/Say"),
        ("Say", {}, "several are called so: demo.v1.Echo/Say, demo.v1.Other/Say"),
        ("Up", {}, "takes a stream of messages"),
        ("Echo/Say", {"txt": 1}, 'no field named "txt"'),
        ("Echo/Say", {"times": "x"}, "times"),
        ("Echo/Say", ["text"], "message"),
    ],
)
def test_what_cannot_be_called(proto, method, message, problem):
    with pytest.raises(GrpcError) as error:
        messages_of(method_of(proto, method)).encode(message)
    assert problem in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_no_description_of_services(tmp_path):
    for name, text in (("a.pb", b"\xff\xff"), ("b.pb", b"")):
        (tmp_path / name).write_bytes(text)
        with pytest.raises(GrpcError, match=name):
            method_of(str(tmp_path / name), "Say")


def test_a_server_says_what_it_has(proto):
    """One that gives a file at a time, without what it imports."""
    call = method_of(proto, "demo.v1.Echo/Say")
    files = {item.name: item.SerializeToString() for item in files_of(call.types)}
    services = {"grpc.reflection.v1.ServerReflection": "", "demo.v1.Echo": "echo.proto"}
    asked = []

    def ask(data: bytes) -> bytes:
        asked.append(data[2:].decode())
        return answer(data, services, files)

    assert reflected(ask, "Echo/Say") == call
    assert asked == ["*", "demo.v1.Echo", "google/protobuf/duration.proto"]
    with pytest.raises(GrpcError, match="there is none"):
        reflected(ask, "Ecko/Say")
    del files["google/protobuf/duration.proto"]
    with pytest.raises(GrpcError, match="not found"):
        reflected(ask, "Echo/Say")


def plan_of(tmp_path, request, **grpc):
    profile = tmp_path / "p.yaml"
    profile.write_text(
        json.dumps(
            {
                "target": "http://127.0.0.1:1",
                "variables": {"NUMBER": {"sequence": 1}, "WORD": {"choice": ["a", "b"]}},
                "requests": [{"grpc": {"file": "echo.proto", **grpc}, **request}],
            }
        )
    )
    return make_plan(read_profile(profile, {}, {}, {}), cores=2, gil=True)


def test_a_call_is_a_request_over_http2(proto, tmp_path):
    plan = plan_of(tmp_path, {}, method="Echo/Say", message={"text": "hi"}, deadline="1.5s")
    (request,) = plan.job.requests
    assert (plan.http, plan.streams) == ("2", 100)
    assert (request.name, request.method, request.path) == ("demo.v1.Echo/Say", "POST", "/demo.v1.Echo/Say")
    assert {("TE", "trailers"), ("Content-Type", "application/grpc"), ("grpc-timeout", "1500m")} <= set(request.headers)
    assert describe_plan(plan)["requests"][0]["grpc"] is True
    assert read_plan(BytesIO(b"".join(plan_to_pieces(plan)))) == plan


def test_a_message_with_variables_stays_json_until_it_is_sent(proto, tmp_path):
    plan = plan_of(tmp_path, {}, method="Echo/Say", message={"text": "x ${WORD}", "times": "${NUMBER}"})
    (request,) = plan.job.requests
    assert (request.body, request.body_kind) == (b'{"text":"x ${WORD}","times":${NUMBER}}', "json")
    make = make_request(0, request, Sources(plan.job.variables, 1, 0, 1))
    sent = [make().body for _ in range(2)]
    decoded = [messages_of(request.grpc).decode(body)[0] for body in sent]
    assert [message["times"] for message in decoded] == [1, 2]
    assert {message["text"] for message in decoded} <= {"x a", "x b"}


@pytest.mark.parametrize(
    ("request_", "grpc", "problem"),
    [
        ({}, {}, "expected a method"),
        ({}, {"method": "Echo/Say", "reflection": True}, "or reflection: true"),
        ({}, {"method": "Echo/Say", "message": {"times": "${WORD}"}}, "times"),
        ({}, {"method": "Echo/Say", "message": {"txt": "${WORD}"}}, 'no field named "txt"'),
        ({}, {"method": "${WORD}"}, "can stand only in a request's path, headers or body"),
        ({}, {"method": "Echo/Say", "file": "none.proto"}, "none.proto"),
        ({"expect": {"status": 200}}, {"method": "Echo/Say"}, "is good when its status is OK"),
        ({"json": 1}, {"method": "Echo/Say"}, "cannot be combined with grpc"),
    ],
)
def test_what_a_profile_must_not_say(proto, tmp_path, request_, grpc, problem):
    with pytest.raises(ProfileError) as error:
        plan_of(tmp_path, request_, **grpc)
    assert problem in str(error.value)
