"""catch_response without a with block: nobody closes it."""

from locust import HttpUser, constant, task


class Careless(HttpUser):
    wait_time = constant(1)

    @task
    def careless(self):
        response = self.client.get("/careless", catch_response=True)
        if response.status_code == 200:
            self.client.get("/next")
        self.client.get("/last", catch_response=True)
        self.environment.runner.quit()
