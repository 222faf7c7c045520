"""Names in the report: given, of a block, of the client, changed afterwards."""

from locust import HttpUser, constant, task


class Namer(HttpUser):
    wait_time = constant(1)

    @task
    def all_of_them(self):
        for item in (1, 2):
            self.client.get(f"/items/{item}", name="/items/[id]")
        self.client.get("/a b?x=ü")
        with self.client.rename_request("renamed"):
            self.client.get("/renamed/1")
            self.client.post("/renamed/2")
        self.client.request_name = "of the client"
        self.client.get("/of-client")
        self.client.get("/own", name="own")
        self.client.request_name = None
        with self.client.get("/changed", catch_response=True) as response:
            response.request_meta["name"] = "changed later"
        self.client.get(f"{self.host}/absolute?x=1")
        self.environment.runner.quit()
