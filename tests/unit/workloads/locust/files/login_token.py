"""A token from on_start in the header of what follows; on_stop says goodbye."""

from locust import HttpUser, between, task
from locust.exception import StopUser


class Member(HttpUser):
    wait_time = between(0.1, 0.2)

    def on_start(self):
        response = self.client.post("/login", json={"user": "ann", "password": "secret"})
        self.token = response.json()["token"]
        self.client.headers = {"Authorization": f"Bearer {self.token}"}
        self.visits = 0

    def on_stop(self):
        self.client.post("/logout", json={"visits": "done"})

    @task
    def profile(self):
        self.visits += 1
        reply = self.client.get("/profile", params={"visit": self.visits})
        if reply.status_code == 200 and self.visits == 3:
            raise StopUser
