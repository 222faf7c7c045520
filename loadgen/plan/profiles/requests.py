"""What a profile sends: a job on a bucket, or requests joined with its target, common headers and variables."""

from base64 import b64decode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from loadgen.base.redact import Redactor, is_sensitive_header, values_by_name
from loadgen.plan.jobs.http import HttpJob, RequestSpec, Signing
from loadgen.plan.jobs.scenario import Journey, ScenarioJob, Step
from loadgen.plan.places import PLACE
from loadgen.plan.plan import Job
from loadgen.plan.problems import Problem
from loadgen.plan.profiles.profile import Profile
from loadgen.plan.profiles.request_maker import RequestMaker, choices_in
from loadgen.plan.profiles.request_profile import RequestProfile
from loadgen.plan.profiles.s3_profile import make_s3_job
from loadgen.plan.profiles.scenarios import has_journeys, make_scenario_job

_SHORTEST_COOKIE_SECRET = 8
_LARGEST_FORM = 65536
"""A larger body is a file rather than a form with a password."""


def make_job(profile: Profile) -> tuple[Job, list[Problem]]:
    """The job of a profile; a wrong part of a request is a problem and left at its default.

    Requests to several origins, and WebSockets, are journeys of one step each, whose users have what each needs.
    """
    if profile.s3:
        timed = profile.duration is not None or profile.total_requests is not None or bool(profile.stages)
        timed = timed or profile.until_steady is not None
        journal = profile.s3.resume and str(profile.origins.places.file(("s3", "resume"), profile.s3.resume).absolute())
        return make_s3_job(profile.s3, profile.target.path, timed=timed, journal=journal), []
    if has_journeys(profile):
        return make_scenario_job(profile)
    problems: list[Problem] = []
    if profile.targets is not None and not _is_beside_list(profile.requests):
        problems.append(
            Problem(("targets",), "cannot be combined with requests, method or body: the list says what is sent")
        )
    changing = {variable.name: variable for variable in profile.variables}
    specs = []
    for index, request in enumerate(profile.requests or (RequestProfile(),)):
        maker = RequestMaker(profile, request, ("requests", index), changing)
        specs.append(maker.spec(request.weight))
        problems += maker.problems
    named, more = _named(specs, Redactor(profile.origins.secrets))
    if any(spec.origin is not None or spec.websocket is not None for spec in named):
        for key in ("redirects", "aws_sigv4"):
            if getattr(profile, key):
                said = "cannot be combined with requests to several servers, or with WebSockets"
                problems.append(Problem((key,), said))
        journeys = (Journey(spec.name, spec.weight, steps=(Step("request", spec.name, spec),)) for spec in named)
        return ScenarioJob(tuple(journeys), variables=profile.variables), problems + more
    signing = None
    if profile.aws_sigv4 is not None:
        access_key, _, secret_key = (profile.basic_auth or "").partition(":")
        signing = Signing(*profile.aws_sigv4, access_key, secret_key)
    return HttpJob(named, profile.variables, profile.redirects, signing), problems + more


def _is_beside_list(requests: Sequence[RequestProfile]) -> bool:
    """Whether what a profile says of requests is what those of a list have in common."""
    return not requests or (len(requests) == 1 and requests[0].given <= {"headers", "expect"})


def collect_secrets(
    profile: Profile, contents: Iterable[tuple[str, Iterable[tuple[str, str]], bytes]]
) -> tuple[str, ...]:
    """Every value that no output may show, each once; `contents` are path, headers and body of each request."""
    found = list(profile.origins.secrets)
    if profile.target.userinfo is not None:
        user, colon, password = profile.target.userinfo.partition(":")
        found += [profile.target.userinfo, password if colon else user]
    if profile.basic_auth is not None:
        found += [profile.basic_auth, profile.basic_auth.partition(":")[2]]
    for name, value in profile.s3.headers if profile.s3 else ():
        found += [value] if is_sensitive_header(name) or name.lower().endswith("customer-key") else []
    for path, headers, body in contents:
        found += values_by_name(path)
        if body and len(body) <= _LARGEST_FORM:
            found += values_by_name(body.decode("utf-8", "replace"))
        for name, value in headers:
            if is_sensitive_header(name):
                found += _credentials(name.lower(), value)
                found += (str(choice) for item in choices_in(value, profile.variables) for choice in item.values)
    return tuple(dict.fromkeys(secret for secret in found if secret and not PLACE.search(secret)))


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
