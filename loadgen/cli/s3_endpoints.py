"""The endpoints of a store, of which the first is a profile's target."""

from collections.abc import Mapping
from typing import Any

from loadgen.base.errors import UsageError
from loadgen.plan.profiles.address import url_of
from loadgen.plan.profiles.s3_values import expand_endpoints


def with_endpoints(given: Mapping[str, Any], flags: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The section and the flags with the endpoints of the options where they belong. Raises UsageError."""
    section = {key: value for key, value in given.items() if key != "endpoint"}
    try:
        urls = [url_of(text) or text for text in expand_endpoints(given.get("endpoint") or ())]
    except ValueError as error:
        raise UsageError(f"--endpoint: {error}") from None
    more = {"endpoints": urls[1:]} if len(urls) > 1 else {}
    return {**section, **more}, {**flags, "target": urls[0] if urls else None}
