"""A profile file, or a URL, with the flags of the command line -> Profile. All problems are reported at once."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from loadgen.base.errors import ProfileError, UsageError
from loadgen.base.redact import Redactor
from loadgen.plan.jobs.s3 import NO_ENDPOINT
from loadgen.plan.problems import Places, Problem, Where
from loadgen.plan.profiles import fields
from loadgen.plan.profiles.checks import spanning_problems
from loadgen.plan.profiles.form_values import form_lines
from loadgen.plan.profiles.inline_variables import InlineVariables
from loadgen.plan.profiles.journey_loads import load_problems, with_loads
from loadgen.plan.profiles.profile import Origins, Profile, validated
from loadgen.plan.profiles.request_profile import BODIES
from loadgen.plan.profiles.values import Raw
from loadgen.plan.profiles.variables import Resolution

NO_TARGET = "http://127.0.0.1/"
"""Of a function, which nothing is sent to."""

_OF_REQUEST: Mapping[str, tuple[str, Callable[[object], object]]] = {
    "method": ("--method", fields.method),
    "body": ("--body", fields.body),
    "body_file": ("--body", lambda name: name),
    "form_fields": ("--form", form_lines),
}
"""What a flag is called on the command line, and what reads its value."""


def read_profile(
    path: Path, settings: Mapping[str, str], environment: Mapping[str, str], flags: Mapping[str, object]
) -> Profile:
    """The profile in a YAML file, or that of the journeys in one of Python. Raises ProfileError with every problem of
    the file and the flags.

    `settings` are the values of `--set`. `flags` use the profile's keys, with texts or finished values; None and empty
    lists count as not given. Besides, `headers` is a list of "Name: value", `form_fields` one of "name=value" and
    "name=@FILE", and these, `method`, `body` and `body_file` are those of the profile's only request.
    """
    if path.suffix == ".py":
        return _of_scenario(path, settings, flags)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ProfileError(str(path), [f"cannot be read: {error.strerror or error}"]) from None
    return _parsed(content, Places(str(path), path.parent), path.stem, settings, environment, flags)


def parse_profile(
    text: bytes, settings: Mapping[str, str], environment: Mapping[str, str], flags: Mapping[str, object]
) -> Profile:
    """The same for the text of a profile; files that it names are looked for in the working folder."""
    return _parsed(text, Places("profile"), None, settings, environment, flags)


def _parsed(
    text: bytes,
    places: Places,
    name: str | None,
    settings: Mapping[str, str],
    environment: Mapping[str, str],
    flags: Mapping[str, object],
) -> Profile:
    from loadgen.plan.profiles import variables, yaml_tree

    document = yaml_tree.load(text)
    places = replace(places, lines=document.lines)
    if document.problems and not document.values:
        raise places.error(document.problems, Redactor())
    if str(document.values.get("schema", "")).startswith("loadgen."):
        raise ProfileError(places.source, ["a saved result, not a profile; `loadgen report` prints it"])
    headers, _ = _flag_headers(flags.get("headers") or ())
    resolution = variables.Resolver(document, settings, environment, headers).resolve()
    resolution.problems = document.problems + resolution.problems
    resolution.spoiled |= document.spoiled
    return _checked(resolution, places, flags, default_name=name)


def profile_for_url(url: str, flags: Mapping[str, object]) -> Profile:
    """The profile of a bare URL: one request, all else from the flags. Raises ProfileError with every problem.

    The environment is not looked at: a shell has already put variables into a URL. One that changes with every request
    may stand in it, in a header or the body: see inline_variables.py.
    """
    inline = InlineVariables()
    try:
        url, flags = inline.taken_from(url), inline.taken_from_flags(flags)
    except ValueError as error:
        raise ProfileError("command line", [str(error)]) from None
    values = {"target": Raw(url)}
    return _checked(
        Resolution(values=values, variables=tuple(inline.found.values())), Places(), flags, default_name=None
    )


def profile_for_function(name: str, flags: Mapping[str, object]) -> Profile:
    """The profile of calls of a function, all from flags. Raises ProfileError with every problem."""
    resolution = Resolution(values={"target": Raw(NO_TARGET)})
    return _checked(resolution, Places(), flags, default_name=name, function=name)


def profile_for_s3(section: Mapping[str, object], flags: Mapping[str, object]) -> Profile:
    """The profile of a job on a bucket, all from flags. Raises ProfileError with every problem."""
    return _checked(Resolution(values={}), Places(), {**flags, "s3": section}, default_name=None)


def _checked(
    resolution: Resolution,
    places: Places,
    flags: Mapping[str, object],
    default_name: str | None,
    function: str | None = None,
) -> Profile:
    given = {key: _outside(value) for key, value in flags.items() if value is not None and value not in ([], ())}
    top = {key: value for key, value in given.items() if key not in ("headers", *_OF_REQUEST)}
    places = Places(places.source, places.folder, places.lines, frozenset(top))
    values = {**resolution.values, **top, "variables": resolution.variables}
    flag_headers, flag_problems = _flag_headers(given.get("headers", ()))
    flag_problems += _put_request_flags(values, given)

    if "s3" in values and "target" not in values:
        values["target"] = Raw(NO_ENDPOINT)
    profile, problems = validated(values)
    if profile.s3 and profile.s3.job == "batch" and "mode" not in profile.given:
        profile = profile.changed(mode="threads")  # its function may wait, and others go on meanwhile
    profile = profile.known_from(
        Origins(places, resolution.secrets, flag_headers, tuple(resolution.found.values()), resolution.names, function)
    )
    failed = {problem.where for problem in problems} | resolution.spoiled
    problems = [problem for problem in problems if not _is_within(problem.where, resolution.spoiled)]
    spanning = [*load_problems(profile), *spanning_problems(profile := with_loads(profile), failed)]
    follow_ups = [item for item in spanning if not _is_within(item.where, resolution.spoiled)]
    found = resolution.problems + flag_problems + problems + follow_ups
    if found:
        raise places.error(found, Redactor(resolution.secrets))
    return profile if profile.name else profile.changed(name=default_name or str(profile.target.origin))


def _outside(value: object) -> object:
    """A flag's value with its text marked as such, so that "100" may become a number."""
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, Mapping):
        return {key: _outside(item) for key, item in value.items() if item is not None}
    return Raw(value) if isinstance(value, str) else value


def _flag_headers(lines: object) -> tuple[tuple[tuple[str, str], ...], list[Problem]]:
    pairs: list[tuple[str, str]] = []
    problems = []
    for line in lines if isinstance(lines, Iterable) and not isinstance(lines, str) else [lines]:
        try:
            pairs.append(fields.header_line(str(line)))
        except ValueError as error:
            problems.append(Problem(("--header",), str(error)))
    try:
        fields.one_host([name for name, _ in pairs])
    except ValueError as error:
        problems.append(Problem(("--header",), str(error)))
    return tuple(pairs), problems


def _put_request_flags(values: dict[str, Any], given: Mapping[str, object]) -> list[Problem]:
    """Put `method`, `body`, `body_file` and `form_fields` into the only request of `values`."""
    flags = [key for key in _OF_REQUEST if key in given]
    requests = values.get("requests") or [{}]
    if not flags or not isinstance(requests, list) or not isinstance(requests[0], dict):
        return []
    journeys = "scenarios" in values or "scenario" in values
    if journeys or len(requests) > 1:
        text = f"the profile has {'scenarios' if journeys else f'{len(requests)} requests'}, so set it in the profile"
        return [Problem((_OF_REQUEST[key][0],), text) for key in flags]
    problems = []
    request = dict(requests[0])
    for key in flags:
        flag, read = _OF_REQUEST[key]
        try:
            value = read(given[key])
        except ValueError as error:
            problems.append(Problem((flag,), str(error)))
            continue
        if key != "method":
            for other in BODIES:
                request.pop(other, None)
        request["multipart" if key == "form_fields" else key] = value
    values["requests"] = [request]
    return problems


def _is_within(where: Where, places: Iterable[Where]) -> bool:
    return any(where[: len(place)] == place for place in places if place)


def _of_scenario(path: Path, settings: Mapping[str, str], flags: Mapping[str, object]) -> Profile:
    if settings:
        raise UsageError("--set: a scenario's file has no variables to set; it may read os.environ")
    if not flags.get("target"):
        raise UsageError(f"{path}: --target is missing: a URL such as http://127.0.0.1:8080, to which its paths lead")
    return _checked(Resolution(values={"scenario": Raw(str(path))}), Places(), flags, default_name=path.stem)
