"""Listeners of every event; one that fails; own measurements told by request.fire."""

import logging

from locust import HttpUser, constant, events, task
from locust.runners import MasterRunner, WorkerRunner

calls = []


@events.init.add_listener
def on_init(environment, runner, **kwargs):
    calls.append(f"init-{environment.web_ui}-{isinstance(runner, MasterRunner)}-{isinstance(runner, WorkerRunner)}")


@events.test_start.add_listener
def on_test_start(environment, **_kwargs):
    calls.append(f"test_start-{environment.host.partition(':')[0]}")


@events.spawning_complete.add_listener
def on_spawning_complete(user_count, **kwargs):
    calls.append(f"spawned-{user_count}")


@events.request.add_listener
def broken(request_type, name, **kwargs):
    if name == "/first":
        raise RuntimeError("a listener that fails is logged")


@events.request.add_listener
def on_request(request_type, name, response_time, response_length, exception, context, response=None, **kwargs):
    logging.debug("%s %s", request_type, name)
    took = isinstance(response_time, (int, float))
    calls.append(f"{request_type}-{name}-{took}-{response_length}-{exception is None}-{context}-{response is not None}")


@events.user_error.add_listener
def on_user_error(user_instance, exception, tb, **kwargs):
    calls.append(f"error-{exception}")


class Listened(HttpUser):
    wait_time = constant(0.01)
    rounds = 0

    @task
    def tell(self):
        self.rounds += 1
        if self.rounds == 2:
            self.client.post("/calls", json=[call for call in calls if "/calls" not in call])
            self.environment.runner.quit()
            return
        self.client.get("/first")
        self.client.get("/status/404", name="missing")
        self.client.get("/with-context", context={"user": "ann"})
        fire = self.environment.events.request.fire
        fire(
            request_type="db", name="find", response_time=12.5, response_length=0, exception=None, context={}, response=1
        )
        fire(request_type="db", name="lost", response_time=1, response_length=3, exception=KeyError("k"), context={})
        raise ValueError("on purpose")
