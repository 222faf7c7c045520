"""Locust 0.x: HttpLocust, task_set, waits in milliseconds, events of that time."""

# by hand

from locust import HttpLocust, TaskSequence, TaskSet, events, seq_task, task

seen = []


def on_success(request_type, name, response_time, response_length):
    seen.append(f"{request_type} {name}")


def on_hatch_complete(user_count):
    seen.append(f"hatched {user_count}")


events.request_success += on_success
events.hatch_complete += on_hatch_complete


class Steps(TaskSequence):
    @seq_task(2)
    def second(self):
        self.client.get("/second")
        self.interrupt()

    @seq_task(1)
    @task(2)
    def first(self):
        self.client.get("/first")


def index(l):
    l.client.get("/index", headers={"X-Host": str(l.locust.host is not None)})


class Behavior(TaskSet):
    tasks = {index: 1}
    rounds = 0

    def on_start(self):
        self.client.post("/login", {"username": "ann"})
        self.schedule_task(Steps, first=True)

    def wait(self):
        self.rounds += 1
        if self.rounds == 2:
            self.client.post("/seen", json=[line for line in seen if "seen" not in line])
            self.locust.environment.runner.quit()
        super().wait()


class WebsiteUser(HttpLocust):
    task_set = Behavior
    min_wait = 10
    max_wait = 20
