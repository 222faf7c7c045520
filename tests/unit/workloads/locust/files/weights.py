"""Weights of tasks: bare, with empty parentheses, numbers, 0."""

from locust import HttpUser, constant, task


class Shopper(HttpUser):
    wait_time = constant(0.01)

    @task
    def bare(self):
        self.client.get("/bare")

    @task()
    def parentheses(self):
        self.client.get("/parentheses")

    @task(3)
    def three(self):
        self.client.get("/three")

    @task(weight=2)
    def by_name(self):
        self.client.get("/by-name")

    @task(0)
    def never(self):
        self.client.get("/never")
