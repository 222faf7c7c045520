"""Own measurements that leave out something, or give another kind of value."""

import time

from locust import User, constant, events, task


class Client:
    def __init__(self, hook):
        self.hook = hook

    def call(self, name, **values):
        start = time.time()
        self.hook.fire(request_type="own", name=name, response_time=(time.time() - start) * 1000, **values)


class OwnUser(User):
    abstract = True

    def __init__(self, environment):
        super().__init__(environment)
        self.client = Client(environment.events.request)


class Odd(OwnUser):
    wait_time = constant(1)

    @task
    def odd(self):
        self.client.call("usual", response_length=10, exception=None, context=self.context())
        self.client.call("without length", exception=None)
        self.client.call("without exception", response_length=1)
        self.client.call("class", response_length=1, exception=ValueError)
        self.client.call("text", response_length=1, exception="went wrong")
        self.client.call("number", response_length=1, exception=5)
        events.request.fire(request_type="", name="global", response_time=1, response_length=0, exception=None)
        self.environment.runner.quit()
