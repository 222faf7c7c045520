"""Sets in sets: on_start, interrupt, the way back, on_stop."""

from locust import HttpUser, SequentialTaskSet, TaskSet, constant, task
from locust.exception import StopUser


class Forum(SequentialTaskSet):
    threads = 0

    def on_start(self):
        self.user.visits += 1
        self.client.get(f"/forum/start/{self.user.visits}")
        if self.user.visits == 3:
            raise StopUser

    def on_stop(self):
        self.client.get("/forum/stop")

    @task
    class Thread(TaskSet):
        def on_start(self):
            self.reads = 0
            self.parent.threads += 1

        @task
        def read(self):
            self.reads += 1
            self.user.client.get(f"/thread/{self.reads}")
            if self.reads == 2:
                self.interrupt(reschedule=self.parent.threads == 1)

        def on_stop(self):
            same = self.parent.user is self.user and isinstance(self.parent, Forum)
            self.client.get(f"/thread/stop/{same}")

    @task
    def leave(self):
        if self.threads >= 2:
            self.interrupt()


class Reader(HttpUser):
    wait_time = constant(0.01)
    visits = 0

    tasks = [Forum]

    def on_start(self):
        self.client.get(f"/reader/start/{self.visits}")
