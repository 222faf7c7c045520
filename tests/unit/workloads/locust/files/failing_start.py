"""An on_start that fails: that user is gone."""

from locust import HttpUser, constant, task


class Gone(HttpUser):
    wait_time = constant(0.01)

    def on_start(self):
        self.client.get("/start")
        raise ValueError("no start")

    def on_stop(self):
        self.client.get("/never")

    @task
    def work(self):
        self.client.get("/never")
