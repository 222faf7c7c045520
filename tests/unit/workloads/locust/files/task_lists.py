"""Tasks as a list, a dict, both with @task; rebuilt and appended to while running."""

from locust import HttpUser, TaskSet, constant, task


def a(user):
    user.client.get("/a")


def b(user):
    user.client.get("/b")


def late(user):
    user.client.get("/late")


class Listed(HttpUser):
    wait_time = constant(0.01)
    tasks = [a, a, b]
    fixed_count = 1


class Counted(HttpUser):
    wait_time = constant(0.01)
    tasks = {a: 3, b: 1}
    fixed_count = 1

    @task(2)
    def method(self):
        self.client.get("/method")


class Rebuilt(HttpUser):
    wait_time = constant(0.01)
    tasks = [b]
    fixed_count = 1

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.tasks = [self.bound]

    def bound(self, *_):
        self.client.get("/bound")


class Appended(HttpUser):
    wait_time = constant(0.01)
    fixed_count = 1

    class Set(TaskSet):
        tasks = [b]

        def on_start(self):
            self.tasks.append(late)

    tasks = [Set]
