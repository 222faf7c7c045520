"""A with block around a response that is not caught."""

# by hand

from locust import HttpUser, constant, task


class Plain(HttpUser):
    wait_time = constant(1)

    @task
    def plain(self):
        with self.client.get("/plain") as response:
            self.client.get(f"/inside/{response.status_code}")
        try:
            with self.client.get("/wrong") as response:
                response.failure("no")
        except Exception as error:
            self.client.get(f"/raised/{type(error).__name__}")
        self.client.request("get", "/lower")
        self.environment.runner.quit()
