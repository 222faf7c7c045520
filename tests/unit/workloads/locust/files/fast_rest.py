"""JSON both ways by `rest` of the fast user."""

from locust import FastHttpUser, constant, task


class Rest(FastHttpUser):
    wait_time = constant(1)

    @task
    def all_of_them(self):
        with self.rest("GET", "/get") as response:
            self.client.get(f"/js/{response.js['id']}")
        with self.rest("POST", "/post", json={"a": 1}, headers={"X-One": "1"}) as response:
            assert response.js["id"] == 8, "not eight"
        with self.rest("GET", "/broken-json") as response:
            self.client.get(f"/js/{response.js}")
        with self.rest("GET", "/status/500", name="500"):
            pass
        with self.rest("GET", "/missing-key") as response:
            response.js["none"]
        with self.rest("GET", "/marked") as response:
            response.failure("marked")
        self.environment.runner.quit()
