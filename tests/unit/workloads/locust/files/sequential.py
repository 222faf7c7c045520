"""In order: weights repeat, sets nest, the list of tasks has its place."""

from locust import HttpUser, SequentialTaskSet, constant, task


def from_list(task_set):
    task_set.client.get("/from-list")


class Checkout(SequentialTaskSet):
    rounds = 0

    def on_start(self):
        self.client.get("/start")

    @task
    def cart(self):
        self.client.get("/cart")

    @task(2)
    def twice(self):
        self.client.get("/twice")

    tasks = [from_list, from_list]

    @task
    class Payment(SequentialTaskSet):
        @task
        def card(self):
            self.client.post("/card", json={"parent": type(self.parent).__name__})

        @task
        def confirm(self):
            self.client.post("/confirm")
            self.interrupt()

    @task
    def done(self):
        self.rounds += 1
        self.client.get(f"/done/{self.rounds}")
        if self.rounds == 2:
            self.user.environment.runner.quit()


class Buyer(HttpUser):
    wait_time = constant(0.01)
    tasks = [Checkout]
