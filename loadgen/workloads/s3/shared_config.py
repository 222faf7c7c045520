"""The shared AWS configuration (~/.aws/config and its relatives), as botocore of the extra `s3` reads it."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from loadgen.base.errors import UsageError
from loadgen.base.redact import Redactor

_LONGEST_REASON = 300

T = TypeVar("T")


def with_botocore(profile: str | None, read: Callable[[Any], T], what: str) -> T:
    """What `read` finds in a botocore session of this profile (None: AWS_PROFILE, or the default one).

    Raises UsageError when botocore is not installed, with `what` as that which needs it, and for what botocore raises.
    """
    try:
        import botocore.exceptions
        import botocore.session
    except ImportError:
        raise UsageError(f"{what} needs an extra: pip install 'loadgen[s3]'") from None
    logging.getLogger("botocore").setLevel(logging.CRITICAL)  # it would print tracebacks of what is said here
    try:
        return read(botocore.session.Session(profile=profile))
    except (botocore.exceptions.BotoCoreError, OSError, ValueError) as error:
        raise UsageError(f"shared AWS configuration: {readable(error)}") from None


def read_settings(profile: str | None) -> dict[str, str]:
    """What a profile says of the endpoint: region, endpoint_url, addressing_style and ca_bundle, where it does."""
    return with_botocore(profile, _settings, "a profile of the shared AWS configuration")


def readable(error: BaseException) -> str:
    """The error's text on one line of sensible length, without secrets."""
    text = Redactor().text(" ".join(str(error).split())) or type(error).__name__
    return text if len(text) <= _LONGEST_REASON else f"{text[:_LONGEST_REASON]}…"


def _settings(session: Any) -> dict[str, str]:
    scoped = session.get_scoped_config()
    services = session.full_config.get("services", {}).get(scoped.get("services"), {})
    service, s3 = (part if isinstance(part, dict) else {} for part in (services.get("s3", {}), scoped.get("s3", {})))
    found = {
        "region": scoped.get("region"),
        "endpoint_url": service.get("endpoint_url") or scoped.get("endpoint_url"),
        "addressing_style": s3.get("addressing_style"),
        "ca_bundle": scoped.get("ca_bundle"),
    }
    return {name: value for name, value in found.items() if isinstance(value, str) and value}
