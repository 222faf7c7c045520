"""Users that take what is theirs from a list of the module, which is read at import."""

import csv
from pathlib import Path

from locust import HttpUser, constant, task

with open(Path(__file__).parent / "credentials.csv") as file:
    CREDENTIALS = list(csv.DictReader(file))


class Member(HttpUser):
    wait_time = constant(0.01)

    def on_start(self):
        if CREDENTIALS:
            self.mine = CREDENTIALS.pop()

    @task
    def login(self):
        self.client.post("/session", {"user": self.mine["name"], "password": self.mine["password"]})
        self.client.get(f"/left/{len(CREDENTIALS)}")
        self.environment.runner.quit()
