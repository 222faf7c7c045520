"""What a profile sends: a job on a bucket, or requests joined with its target, common headers and variables."""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import replace

from loadgen import __version__
from loadgen.base.exchange import Expect
from loadgen.base.redact import Redactor, is_sensitive_header, values_by_name
from loadgen.plan.encodings import body_kind
from loadgen.plan.jobs.http import HttpJob, RequestSpec, Variable
from loadgen.plan.plan import Job
from loadgen.plan.problems import Problem, Where
from loadgen.plan.profiles import fields
from loadgen.plan.profiles.address import request_path
from loadgen.plan.profiles.profile import Profile, RequestProfile
from loadgen.plan.profiles.s3_profile import make_s3_job
from loadgen.plan.profiles.variables import PLACEHOLDER

_SHORTEST_COOKIE_SECRET = 8
_LARGEST_FORM = 65536
"""A larger body is a file rather than a form with a password."""


def make_job(profile: Profile) -> tuple[Job, list[Problem]]:
    """The job of a profile; a wrong part of a request is a problem and left at its default."""
    if profile.s3:
        timed = profile.duration is not None or profile.total_requests is not None or bool(profile.stages)
        journal = profile.s3.resume and str(profile.origins.places.file(("s3", "resume"), profile.s3.resume).absolute())
        return make_s3_job(profile.s3, profile.target.path, timed=timed, journal=journal), []
    problems: list[Problem] = []
    changing = {variable.name: variable for variable in profile.variables}
    specs = []
    for index, request in enumerate(profile.requests or (RequestProfile(),)):
        maker = _Maker(profile, request, ("requests", index), changing)
        specs.append(maker.spec())
        problems += maker.problems
    named, more = _named(specs, Redactor(profile.origins.secrets))
    return HttpJob(named, profile.variables), problems + more


def collect_secrets(profile: Profile, requests: tuple[RequestSpec, ...]) -> tuple[str, ...]:
    """Every value that no output may show, each once."""
    found = list(profile.origins.secrets)
    if profile.target.userinfo is not None:
        user, colon, password = profile.target.userinfo.partition(":")
        found += [profile.target.userinfo, password if colon else user]
    for request in requests:
        found += values_by_name(request.path)
        if len(request.body) <= _LARGEST_FORM:
            found += values_by_name(request.body.decode("utf-8", "replace"))
        for name, value in request.headers:
            if is_sensitive_header(name):
                found += [*_credentials(name.lower(), value), *_choices_in(value, profile.variables)]
    return tuple(dict.fromkeys(secret for secret in found if secret and not PLACEHOLDER.search(secret)))


def _credentials(name: str, value: str) -> Iterator[str]:
    yield value
    if name.endswith("authorization"):
        scheme, _, credentials = value.partition(" ")
        yield credentials.strip()
        if scheme.lower() == "basic":
            yield from _pair(credentials)
    if name == "cookie":
        values = (pair.partition("=")[2].strip() for pair in value.split(";"))
        yield from (text for text in values if len(text) >= _SHORTEST_COOKIE_SECRET)


def _pair(credentials: str) -> Iterator[str]:
    """User and password as they are inside base64, and the password."""
    try:
        pair = b64decode(credentials).decode()
    except ValueError:
        return
    yield from (pair, pair.partition(":")[2])


def _choices_in(value: str, variables: tuple[Variable, ...]) -> list[str]:
    names = PLACEHOLDER.findall(value)
    return [str(choice) for item in variables if item.kind == "choice" and item.name in names for choice in item.values]


class _Maker:
    """One request of a profile on its way to a RequestSpec."""

    def __init__(self, profile: Profile, request: RequestProfile, where: Where, changing: dict[str, Variable]) -> None:
        self._profile = profile
        self._request = request
        self._where = where
        self._changing = changing
        self.problems: list[Problem] = []

    def spec(self) -> RequestSpec:
        request = self._request
        body = self._body()
        path = self._path()
        expect = request.expect
        headers = self._headers()
        return RequestSpec(
            name=request.name or "",
            method=request.method or ("POST" if request.bodies else "GET"),
            path=path,
            weight=request.weight,
            headers=headers,
            body=body,
            body_file=request.body_file,
            body_kind="json" if "json" in request.bodies else body_kind(headers),
            expect=Expect(expect.status, expect.body_contains, expect.length),
        )

    def _path(self) -> str:
        target = self._profile.target
        try:
            return target.path if self._request.path is None else request_path(target, self._request.path)
        except ValueError as error:
            self._problem("path", str(error))
            return "/"

    def _headers(self) -> tuple[tuple[str, str], ...]:
        own = tuple(self._request.headers.items())
        replaced = {name.lower() for name, _ in own}
        pairs = tuple(pair for pair in self._profile.common_headers if pair[0].lower() not in replaced) + own
        given = {name.lower() for name, _ in pairs}
        if "json" in self._request.bodies and "content-type" not in given:
            pairs += (("Content-Type", "application/json"),)
        if self._profile.target.userinfo is not None and "authorization" not in given:
            pairs += (("Authorization", f"Basic {b64encode(self._profile.target.userinfo.encode()).decode()}"),)
        if "user-agent" not in given:
            pairs += (("User-Agent", f"loadgen/{__version__}"),)
        for name, value in pairs:
            self._check_header_choices(name, value)
        return pairs

    def _check_header_choices(self, name: str, value: str) -> None:
        for variable in self._choices(value):
            try:
                for item in variable.values:
                    fields.header_value(str(item))
            except ValueError as error:
                self.problems.append(
                    Problem((*self._where, "headers", name), f"a choice of ${{{variable.name}}}: {error}")
                )

    def _body(self) -> bytes:
        keys = self._request.bodies
        if len(keys) > 1:
            self._problem(keys[1], f"expected one of body, json and body_file, got {' and '.join(keys)}")
        if "json" in keys:
            return self._json()
        return self._request.body or b""

    def _json(self) -> bytes:
        try:
            text = json.dumps(self._request.json_body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            data = text.encode()
        except (ValueError, TypeError):
            self._problem(
                "json", "expected what JSON can hold: texts, finite numbers, true, false, null, lists, mappings"
            )
            return b""
        return re.sub(rb'"\$\{([A-Za-z_][A-Za-z0-9_]*)\}"', self._as_number, data)

    def _as_number(self, match: re.Match[bytes]) -> bytes:
        """A value that is wholly a number's variable is a number: without quotes."""
        variable = self._changing.get(match[1].decode())
        if variable is None or variable.kind == "uuid" or any(isinstance(value, str) for value in variable.values):
            return match[0]
        return match[0].strip(b'"')

    def _choices(self, text: str) -> list[Variable]:
        names = dict.fromkeys(PLACEHOLDER.findall(text))
        found = [self._changing[name] for name in names if name in self._changing]
        return [variable for variable in found if variable.kind == "choice"]

    def _problem(self, key: str, text: str) -> None:
        self.problems.append(Problem((*self._where, key), text))


def _named(specs: list[RequestSpec], redactor: Redactor) -> tuple[tuple[RequestSpec, ...], list[Problem]]:
    """Give every request a name of its own: "GET /path" without the query, numbered where that is taken."""
    problems, named = [], []
    taken: set[str] = set()
    given = [spec.name for spec in specs if spec.name]
    for index, spec in enumerate(specs):
        if spec.name in taken:
            problems.append(Problem(("requests", index, "name"), f"expected a name of its own, {spec.name!r} is taken"))
        name = redactor.text(spec.name)
        if not name:
            plain = f"{spec.method} {redactor.text(spec.path.partition('?')[0])}"
            numbered = (f"{plain} #{number}" for number in range(2, len(specs) + 2))
            name = next(text for text in (plain, *numbered) if text not in taken and text not in given)
        taken.add(name)
        named.append(replace(spec, name=name))
    return tuple(named), problems
