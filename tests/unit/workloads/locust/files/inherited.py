"""Classes that are imported, have a concrete base, shadow a name, stand under an if; two methods of one name."""

import sys

from helpers.users import ImportedUser, Mixin
from locust import HttpUser, constant, task


class Concrete(HttpUser):
    wait_time = constant(0.01)

    @task
    def concrete(self):
        self.client.get(f"/concrete/{type(self).__name__}")


class Derived(Concrete):
    @task
    def concrete(self):
        self.client.get("/derived")


class Mixed(Mixin, HttpUser):
    wait_time = constant(0.01)

    @task
    def twice(self):
        self.client.get("/first")

    @task
    def twice(self):
        self.client.get("/last-wins")


if sys.version_info >= (3, 0):

    class User(HttpUser):
        wait_time = constant(0.01)

        @task
        def shadow(self):
            self.client.get("/shadow")


assert ImportedUser
