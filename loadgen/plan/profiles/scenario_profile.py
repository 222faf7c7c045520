"""The `scenarios`, `feeds` and `per_user` of a profile: what a person wrote, checked value by value."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from loadgen.base.units import parse_range_s, parse_rate, shown
from loadgen.plan.profiles import fields
from loadgen.plan.profiles.keys import Keys, Reads, Written
from loadgen.plan.profiles.request_profile import (
    NONE,
    Boolean,
    File,
    Positive,
    PositiveSeconds,
    RequestKeys,
    Seconds,
    Weight,
)
from loadgen.plan.profiles.values import as_text

Pick = Literal["own", "once", "order", "random"]
Think = Annotated[tuple[float, float], Reads(parse_range_s)]


def _regex(value: object) -> str:
    text = fields.text(value)
    try:
        groups = re.compile(text).groups
    except re.error as error:
        raise ValueError(f"expected a regular expression, got {shown(text)}: {error}") from None
    if not groups:
        raise ValueError(f"expected a group for what is taken, such as 'id=([0-9]+)', got {shown(text)}")
    return text


def _default(value: object) -> str:
    if isinstance(value, dict | list) or value is None:
        raise ValueError(f"expected a text or a number, got {shown(value)}")
    return as_text(value)


class FeedProfile(Keys):
    """Rows of data out of a file."""

    file: File | None = None
    pick: Annotated[Pick, Reads(fields.one_of("own", "once", "order", "random"))] = "random"


class ExtractProfile(Keys):
    """What is taken out of a reply: by one of `json`, `header`, `regex` and `cookie`."""

    json_path: Annotated[Annotated[str, Reads(fields.json_path)] | None, Written("json")] = None
    header: Annotated[str, Reads(fields.header_name)] | None = None
    regex: Annotated[str, Reads(_regex)] | None = None
    cookie: Annotated[str, Reads(fields.name)] | None = None
    pick: Annotated[Literal["first", "random"], Reads(fields.one_of("first", "random"))] = "first"
    default: Annotated[str, Reads(_default)] | None = None
    secret: Boolean = False


class StepProfile(RequestKeys):
    """One entry of `steps`: a request, or with `group`, `together` or `repeat` several of them."""

    extract: Mapping[str, ExtractProfile] = NONE
    think: Think = (0.0, 0.0)
    timeout: PositiveSeconds | None = None
    redirects: Annotated[int, Reads(fields.integer(0))] = 0
    group: Annotated[str, Reads(fields.name)] | None = None
    together: "tuple[StepProfile, ...] | None" = None
    repeat: Positive | None = None
    steps: "tuple[StepProfile, ...] | None" = None


class JourneyProfile(Keys):
    """One scenario: its steps, and how often and at what distance they are done. With `users`, who begin after `start`,
    or `rate` it has a load of its own."""

    weight: Weight = 1.0
    users: Positive | None = None
    rate: Annotated[float, Reads(parse_rate)] | None = None
    start: Seconds = 0.0
    think: Think = (0.0, 0.0)
    every: PositiveSeconds | None = None
    fresh: Boolean = False
    steps: tuple[StepProfile, ...] = ()


class PerUserProfile(Keys):
    """Steps before a user's first journey and after its last."""

    start: tuple[StepProfile, ...] = ()
    end: tuple[StepProfile, ...] = ()
