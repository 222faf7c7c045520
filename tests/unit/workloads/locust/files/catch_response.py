"""Every way out of a with block that catches the response."""

from locust import HttpUser, constant, task
from locust.exception import ResponseError


class Checker(HttpUser):
    wait_time = constant(1)

    def caught(self, path, name=None):
        return self.client.get(path, name=name, catch_response=True)

    def returns(self):
        with self.caught("/returns") as response:
            return response.json()["id"]

    def fails_then_raises(self):
        with self.caught("/fails-then-raises") as response:
            response.failure("first")
            raise ValueError("then")

    @task
    def all_of_them(self):
        with self.caught("/left-alone"):
            pass
        with self.caught("/status/500", "500 left alone"):
            pass
        with self.caught("/status/500", "500 is fine") as response:
            response.success()
        with self.caught("/wrong-text") as response:
            if "hello" not in response.text:
                response.failure("no hello")
        with self.caught("/by-exception") as response:
            response.failure(ValueError("bad value"))
        with self.caught("/failure-then-success") as response:
            response.failure("first")
            response.success()
        with self.caught("/success-then-failure") as response:
            response.success()
            response.failure("second")
        with self.caught("/empty-reason") as response:
            response.failure("")
        with self.caught("/response-error") as response:
            raise ResponseError("swallowed")
        with self.caught("/status/404") as response:
            if response.status_code == 404:
                response.success()
        with self.client.post("/post", {"a": 1}, catch_response=True, name="posted") as response:
            response.success()
        with self.caught("/outer") as outer, self.caught("/inner") as inner:
            inner.success()
            outer.failure("outer failed")
        self.client.get(f"/after/{self.returns()}/{response.status_code}")
        try:
            self.fails_then_raises()
        except ValueError as error:
            self.client.get(f"/raised/{error}")
        try:
            self.client.get("/plain").failure("no")
        except Exception as error:
            self.client.get(f"/no-failure/{type(error).__name__}")
        self.environment.runner.quit()
