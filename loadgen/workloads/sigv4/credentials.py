"""AWS credentials: a key pair from the environment, or whatever botocore's chain finds, refreshed in the background.

botocore (the extra `s3`) also reads what the shared AWS configuration (~/.aws/config) says of an endpoint.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.redact import Redactor
from loadgen.plan.jobs.http import Signing

_LONGEST_REASON = 300
_A_PROFILE = "a profile of the shared AWS configuration"

T = TypeVar("T")
ACCESS_KEY, SECRET_KEY, TOKEN = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"
REFRESH_EVERY_S = 30.0
"""botocore renews what has less than 15 minutes left; asked this often, it does so in time."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key pair and perhaps a session token; it shows itself with a shortened access key only."""

    access_key: str
    secret_key: str
    token: str | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no output may show whole."""
        return (self.access_key, self.secret_key, *((self.token,) if self.token else ()))

    def __repr__(self) -> str:
        return f"Credentials({shortened(self.access_key)})"


class Renewing(Protocol):
    """What botocore's refreshable credentials have, as far as it is needed here."""

    def get_frozen_credentials(self) -> Any: ...  # renewed first where they have little time left
    def refresh_needed(self, refresh_in: int) -> bool: ...  # whether they have less than so many seconds left


class Provider:
    """Hands out credentials: `current` is read for every request, and replaced before it expires.

    A thread of its own asks for new ones, so that no request waits for that.
    """

    def __init__(self, current: Credentials, renewing: Renewing | None = None) -> None:
        self.current = current
        self._renewing = renewing

    def watch(self, on_lost: Callable[[str], None], every_s: float = REFRESH_EVERY_S) -> None:
        """Begin to renew, where there is anything to renew.

        `on_lost` is called once, from the thread, when the credentials have expired and there are no others.
        """
        if self._renewing is not None:
            threading.Thread(target=self._run, args=(on_lost, every_s), name="s3-credentials", daemon=True).start()

    def renew(self) -> str | None:
        """Replace `current` if it is time to; says why there are none that hold, else None."""
        renewing = self._renewing
        if renewing is None:
            return None
        problem = "they have expired"
        try:
            current = _frozen(renewing)
        except Exception as error:  # the chain's plug-ins raise what they like; what is there may still hold
            problem = readable(error)
        else:
            if current != self.current:  # the same object stays, by which signers know that nothing has changed
                self.current = current
        return f"AWS credentials could not be renewed: {problem}" if renewing.refresh_needed(refresh_in=0) else None

    def _run(self, on_lost: Callable[[str], None], every_s: float) -> None:
        problem = None
        while problem is None:
            time.sleep(every_s)
            problem = self.renew()
        on_lost(problem)


def find_credentials(environment: Mapping[str, str], profile: str | None = None) -> Provider:
    """The key pair of the environment, unless a profile is asked for, else the first that botocore's chain finds.

    The chain: shared configuration and profiles, SSO, web identity, container and instance roles. Raises UsageError.
    """
    given = None if profile else _from_environment(environment)
    if given is not None:
        return Provider(given)
    what = f"no AWS credentials: set {ACCESS_KEY} and {SECRET_KEY}; a shared profile, SSO or a role"
    return with_botocore(profile, _from_chain, _A_PROFILE if profile or environment.get("AWS_PROFILE") else what)


def provider_of(signing: Signing, environment: Mapping[str, str]) -> Provider:
    """The credentials that a plan has, or those that are found. Raises UsageError."""
    if signing.access_key:
        return Provider(Credentials(signing.access_key, signing.secret_key, environment.get(TOKEN) or None))
    return find_credentials(environment)


def shortened(access_key: str) -> str:
    """Enough of an access key to tell which one it is: "AKIA…PLE"."""
    return f"{access_key[:4]}…{access_key[-3:]}" if len(access_key) >= 16 else f"{access_key[:2]}…"


def _from_environment(environment: Mapping[str, str]) -> Credentials | None:
    access_key, secret_key = environment.get(ACCESS_KEY, ""), environment.get(SECRET_KEY, "")
    if not access_key and not secret_key:
        return None
    if not access_key or not secret_key:
        there, missing = (ACCESS_KEY, SECRET_KEY) if access_key else (SECRET_KEY, ACCESS_KEY)
        raise UsageError(f"AWS credentials: {there} is set, {missing} is not; set both or neither")
    token = environment.get(TOKEN) or None
    for name, value in ((ACCESS_KEY, access_key), (TOKEN, token or "")):
        if not (value.isascii() and value.isprintable()) or " " in value:
            raise UsageError(f"AWS credentials: {name} holds a character that cannot be sent in a header")
    return Credentials(access_key, secret_key, token)


def _from_chain(session: Any) -> Provider:
    credentials = session.get_credentials()
    if credentials is None:
        raise UsageError(
            f"no AWS credentials: set {ACCESS_KEY} and {SECRET_KEY}, or AWS_PROFILE to a profile that has some "
            "(`aws configure`, `aws sso login`); no container or instance role was found either"
        )
    return Provider(_frozen(credentials), credentials if hasattr(credentials, "refresh_needed") else None)


def _frozen(credentials: Any) -> Credentials:
    frozen = credentials.get_frozen_credentials()
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token or None)


def with_botocore(profile: str | None, read: Callable[[Any], T], what: str) -> T:
    """What `read` finds in a botocore session of this profile (None: AWS_PROFILE, or the default one).

    Raises UsageError when botocore is not installed, with `what` as that which needs it, and for what botocore raises.
    """
    try:
        import botocore.exceptions
        import botocore.session
    except ImportError:
        raise UsageError(f"{what} needs an extra: pip install 'loadgen[s3]'") from None
    logging.getLogger("botocore").setLevel(logging.CRITICAL)  # it would print tracebacks of errors that are raised here
    try:
        return read(botocore.session.Session(profile=profile))
    except (botocore.exceptions.BotoCoreError, OSError, ValueError) as error:
        raise UsageError(f"shared AWS configuration: {readable(error)}") from None


def read_settings(profile: str | None) -> dict[str, str]:
    """What a profile says of the endpoint: region, endpoint_url, addressing_style and ca_bundle, where it does."""
    return with_botocore(profile, _settings, _A_PROFILE)


def readable(error: BaseException) -> str:
    """The error's text on one line of sensible length, without secrets."""
    text = Redactor().text(" ".join(str(error).split())) or type(error).__name__
    return text if len(text) <= _LONGEST_REASON else f"{text[:_LONGEST_REASON]}…"


def _settings(session: Any) -> dict[str, str]:
    scoped = session.get_scoped_config()
    services = session.full_config.get("services", {}).get(scoped.get("services"), {})
    service, s3 = (part if isinstance(part, dict) else {} for part in (services.get("s3", {}), scoped.get("s3", {})))
    settings = {
        "region": scoped.get("region"),
        "endpoint_url": service.get("endpoint_url") or scoped.get("endpoint_url"),
        "addressing_style": s3.get("addressing_style"),
        "ca_bundle": scoped.get("ca_bundle"),
    }
    return {name: value for name, value in settings.items() if isinstance(value, str) and value}
