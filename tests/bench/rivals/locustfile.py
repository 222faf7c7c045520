"""Locust's fastest user, in a loop without waiting."""

from locust import FastHttpUser, constant, task  # type: ignore[import-not-found,unused-ignore]


class Reader(FastHttpUser):  # type: ignore[misc,unused-ignore]
    wait_time = constant(0)

    @task  # type: ignore[untyped-decorator,unused-ignore]
    def read(self) -> None:
        self.client.get("")
