"""Clients that the file makes itself, as several versions of Locust want them."""

# by hand

from locust import HttpUser, constant, task
from locust.clients import HttpSession
from locust.contrib.fasthttp import FastHttpSession


class Other(HttpSession):
    def hello(self):
        return self.get("/hello")


class Maker(HttpUser):
    wait_time = constant(1)

    @task
    def make(self):
        event = self.environment.events.request
        Other(base_url=self.host, request_event=event, user=self).hello()
        HttpSession(self.host, event, self).get("/positional")
        HttpSession(base_url=self.host + "/v1").get("/alone")
        FastHttpSession(self.environment, base_url=self.host, network_timeout=5).get("/fast")
        self.environment.runner.quit()
