"""A shape of the load: stages, with a base that is no shape of its own."""

from locust import HttpUser, LoadTestShape, constant, task


class Shaped(HttpUser):
    wait_time = constant(0.01)

    @task
    def index(self):
        self.client.get("/")


class Stages(LoadTestShape):
    abstract = True
    stages = []

    def tick(self):
        for stage in self.stages:
            if self.get_run_time() < stage["until"]:
                return stage["users"], stage["rate"]
        return None


class Peak(Stages):
    stages = [
        {"until": 1, "users": 1.0, "rate": 1},
        {"until": 2, "users": 2, "rate": 10.0},
    ]
