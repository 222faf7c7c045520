"""Tags: some tasks only, nested ones cut down."""

# args: --tags fast login --exclude-tags slow

from locust import HttpUser, TaskSet, constant, tag, task


class Tagged(HttpUser):
    wait_time = constant(0.01)

    @tag("fast")
    @task
    def fast(self):
        self.client.get("/fast")

    @task
    @tag("fast", "slow")
    def fast_and_slow(self):
        self.client.get("/fast-and-slow")

    @task
    def untagged(self):
        self.client.get("/untagged")

    @task
    class Nested(TaskSet):
        @tag("login")
        @task
        def login(self):
            self.client.get("/nested-login")
            self.interrupt()

        @task
        def other(self):
            self.client.get("/nested-other")

    @tag("fast")
    @task
    class Whole(TaskSet):
        @task
        def inner(self):
            self.client.get("/whole")
            self.interrupt()
