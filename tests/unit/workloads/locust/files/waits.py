"""Waits of every kind, one for each class."""

# users: 12

from locust import HttpUser, TaskSet, between, constant, constant_pacing, constant_throughput, task
from locust.user.wait_time import poisson


class Base(HttpUser):
    abstract = True
    fixed_count = 1

    @task
    def once(self):
        self.client.get(f"/{type(self).__name__}")


class Between(Base):
    wait_time = between(0, 0.5)


class Constant(Base):
    wait_time = constant(0.1)


class Paced(Base):
    wait_time = constant_pacing(0.2)


class Throughput(Base):
    wait_time = constant_throughput(5)


class Poisson(Base):
    wait_time = poisson(50)


class Lambda(Base):
    wait_time = lambda self: 0.1


class Method(Base):
    def wait_time(self):
        return 0.1


class NoWait(HttpUser):
    fixed_count = 1

    @task
    def sleepy(self):
        self.client.get("/none")
        self.wait()


class Milliseconds(Base):
    wait_time = between(0.001, 0.002)
    min_wait = 10
    max_wait = 20


class OfTaskSet(HttpUser):
    fixed_count = 1
    wait_time = constant(1000)

    @task
    class Set(TaskSet):
        wait_time = between(0.05, 0.1)

        @task
        def once(self):
            self.client.get(f"/set/{0.05 <= self.wait_time() <= 0.1}")
