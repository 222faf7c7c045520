"""What a locustfile imports from beside it."""

from locust import HttpUser, constant, task


class Mixin:
    @task
    def mixed_in(self):
        self.client.get("/mixed-in")


class ImportedUser(HttpUser):
    wait_time = constant(0.01)

    @task
    def imported(self):
        self.client.get("/imported")
