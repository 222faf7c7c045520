"""Pauses of the file's own: time.sleep, gevent.sleep, wait()."""

import time
from time import sleep

import gevent
from locust import HttpUser, constant, task


class Sleeper(HttpUser):
    wait_time = constant(0.01)

    @task
    def sleepy(self):
        self.client.get("/before")
        time.sleep(0.01)
        sleep(0.01)
        gevent.sleep(0.01)
        self.wait()
        self.client.get("/after")
        self.environment.runner.quit()
