"""Asserts and exceptions in tasks: the user goes on."""

from locust import HttpUser, TaskSet, constant, task


class Failing(HttpUser):
    wait_time = constant(0.01)
    rounds = 0

    @task
    def work(self):
        self.rounds += 1
        reply = self.client.get(f"/work/{self.rounds}")
        if self.rounds == 1:
            assert reply.status_code == 201, "not created"
        if self.rounds == 2:
            reply.json()["none"]
        if self.rounds == 3:
            with self.client.get("/inside", catch_response=True) as reply:
                reply.failure("told before")
                raise RuntimeError("inside")
        if self.rounds == 4:
            self.client.get("/status/500", name="500").raise_for_status()
        if self.rounds == 5:
            self.client.get("/x", unknown=1)
        if self.rounds == 6:
            self.tasks = [Starting]


class Starting(TaskSet):
    tries = []

    def on_start(self):
        self.tries.append(1)
        self.client.get(f"/start/{len(self.tries)}")
        if len(self.tries) == 3:
            self.user.environment.runner.quit()
        raise ValueError("no start")

    @task
    def never(self):
        self.client.get("/never")
