"""Expectations that take more than a status, a text and a length: what a reply is looked at for, and what is there."""

import hashlib
import json
from dataclasses import fields
from typing import Any

from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.base.dataclass import dataclass
from loadgen.base.error_class import ErrorClass
from loadgen.base.reply import Check, Expect, Reply
from loadgen.base.units import counted
from loadgen.workloads.scenario.replies import reply as read
from loadgen.workloads.scenario.replies.absent import AbsentError, excerpt, shown
from loadgen.workloads.scenario.replies.json_path import compile_json_path
from loadgen.workloads.scenario.replies.reply import compile_regex

Problem = tuple[ErrorClass, str]
"""Which expectation a reply does not meet, and what was found instead."""


def checked(expect: Expect) -> Expect:
    """The same expectation as one that looks at all that it has. Raises ValueError for a path that is none."""
    if not expect.checks and expect.within_s is None:
        return expect
    for check in expect.checks:
        if check.kind == "json":
            compile_json_path(check.where)
    return CheckedExpect(**{field.name: getattr(expect, field.name) for field in fields(Expect)})


@dataclass(frozen=True, slots=True)
class CheckedExpect(Expect):
    """Its checks are made in the order of their kinds; the first that fails is the reply's problem."""

    def judge(self, reply: Reply, took_ns: int = 0) -> ErrorClass | None:
        error = Expect.judge(self, reply, took_ns)
        if error is not None:
            return error
        problem = self._problem(reply, took_ns)
        return None if problem is None else problem[0]

    def explain(self, reply: Reply, error: ErrorClass, code: str, took_ns: int = 0) -> str:
        problem = self._problem(reply, took_ns) if Expect.judge(self, reply) is None else None
        return Expect.explain(self, reply, error, code, took_ns) if problem is None else problem[1]

    def _problem(self, reply: Reply, took_ns: int) -> Problem | None:
        seen = read.Reply(reply.status, None, reply.kept, 0, reply.head)
        for check in self.checks:
            try:
                wrong = _wrong(check, seen, reply)
            except AbsentError as error:
                wrong = str(error)
            if wrong is not None:
                kind = ErrorClass.UNEXPECTED_HEADER if check.kind == "header" else ErrorClass.UNEXPECTED_BODY
                return kind, wrong
        if self.within_s is not None and took_ns > self.within_s * NS_PER_S:
            return (
                ErrorClass.UNEXPECTED_TIME,
                f"{took_ns / NS_PER_MS:.3g} ms, expected {self.within_s * 1000:g} ms at most",
            )
        return None


def _wrong(check: Check, seen: read.Reply, reply: Reply) -> str | None:
    """What is there in place of what was expected. Raises AbsentError where nothing is."""
    wanted = check.wanted
    match check.kind:
        case "json":
            found = seen.json(check.where)
            values = found if compile_json_path(check.where).many else [found]
            if (not values) if wanted is None else not any(_same(value, json.loads(wanted)) for value in values):
                return f"JSON path {check.where}: {shown(found)}, expected {wanted or 'a value'}"
        case "header":
            value = seen.header(check.where)
            if value is None:
                return f"no header {check.where}"
            if check.regex and wanted is not None and not compile_regex(wanted).search(value):
                return f"header {check.where}: {excerpt(value)}, expected a match of {excerpt(wanted)}"
            if not check.regex and wanted is not None and value != wanted:
                return f"header {check.where}: {excerpt(value)}, expected {excerpt(wanted)}"
        case "regex":
            seen.find(wanted or "", 0)
        case "sha256":
            if reply.body_length > len(reply.kept):
                return f"a body of {reply.body_length} bytes: only the first {len(reply.kept)} are kept for its SHA-256"
            if (digest := hashlib.sha256(reply.kept).hexdigest()) != wanted:
                return f"SHA-256 {digest} of {counted(reply.body_length, 'byte')}, expected {wanted}"
    return None


def _same(value: Any, wanted: Any) -> bool:
    """Equal as values of JSON: true is no 1."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    if isinstance(value, list) and isinstance(wanted, list):
        return len(value) == len(wanted) and all(map(_same, value, wanted))
    if isinstance(value, dict) and isinstance(wanted, dict):
        return value.keys() == wanted.keys() and all(_same(value[key], wanted[key]) for key in value)
    return bool(value == wanted)
