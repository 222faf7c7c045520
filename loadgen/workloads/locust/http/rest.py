"""Requests that speak JSON, as `with self.rest("GET", "/") as response` of a user."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from loadgen.workloads.locust.exceptions import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopUser


@contextmanager
def rest_request(client: Any, method: str, url: str, headers: Any = None, **options: Any) -> Iterator[Any]:
    """The reply with `js`, its JSON, or None where there is none, which is a failure; so is what the block raises."""
    headers = {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})}
    with client.request(method, url, catch_response=True, headers=headers, **options) as response:
        response.js = None
        if response.content:
            try:
                response.js = response.json()
            except ValueError as error:
                text = response.text
                code = response.status_code
                response.failure(f"Could not parse response as JSON. {text[:250]}, response code {code}, error {error}")
        elif response.status_code:
            response.failure("Response body empty")
        try:
            yield response
        except (InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopUser):
            raise
        except AssertionError as error:
            response.failure(str(error) or "an assert failed")
        except Exception as error:
            response.failure(f"{type(error).__name__}: {error}")
