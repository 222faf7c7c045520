"""StopUser ends a user; the others go on."""

from locust import HttpUser, constant, task
from locust.exception import RescheduleTask, RescheduleTaskImmediately, StopUser


class Ender(HttpUser):
    wait_time = constant(0.01)
    rounds = 0

    @task
    def work(self):
        self.rounds += 1
        self.client.get(f"/work/{self.rounds}")
        if self.rounds == 1:
            raise RescheduleTask
        if self.rounds == 2:
            raise RescheduleTaskImmediately("again")
        if self.rounds == 3:
            raise StopUser("enough")

    def on_stop(self):
        self.client.get("/goodbye")
