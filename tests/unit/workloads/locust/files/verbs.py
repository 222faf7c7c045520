"""All verbs, absolute URLs, bodies by position."""

from locust import HttpUser, constant, task


class ApiUser(HttpUser):
    wait_time = constant(1)

    @task
    def all_of_them(self):
        self.client.get("/get")
        self.client.get(f"{self.host}/absolute?x=1")
        self.client.post("/post", {"a": 1, "b": "two words"})
        self.client.post("/post", None, {"a": 1})
        self.client.post("/post")
        self.client.put("/put", "text")
        self.client.put("/put", json={"a": [1, None, True]})
        self.client.patch("/patch", {"a": 1})
        self.client.delete("/delete")
        self.client.delete("/delete", json={"id": 5})
        self.client.head("/head")
        self.client.head("/redirect")
        self.client.options("/options")
        self.client.request("GET", "/request", params={"q": "a b"})
        self.client.request(method="POST", url="/request", data={"q": "1"}, name="by keyword")
        self.environment.runner.quit()
