"""The Link header, as requests reads it."""

import re

_QUOTES = " '\""


def links_of(field: str | None) -> dict[str, dict[str, str]]:
    """Each link, with `url` and its parameters, by its `rel`, or by its URL where it has none."""
    links = {}
    for value in re.split(r", *<", (field or "").strip(_QUOTES)):
        if not value:
            continue
        url, _, more = value.partition(";")
        link = {"url": url.strip("<>" + _QUOTES)}
        for parameter in more.split(";"):
            key, equals, text = parameter.partition("=")
            if not equals:
                break
            link[key.strip(_QUOTES)] = text.strip(_QUOTES)
        links[link.get("rel") or link["url"]] = link
    return links
