"""Who asks: by a pair, of the client, by a function."""

from locust import HttpUser, constant, task


class Token:
    def __call__(self, request):
        request.headers["X-Token"] = f"{request.method}:{request.path_url}"
        return request


class Known(HttpUser):
    wait_time = constant(1)

    @task
    def ask(self):
        self.client.get("/pair", auth=("user", "pass:word"))
        self.client.get("/function?x=1", auth=Token())
        self.client.auth = ("client", "secret")
        self.client.get("/client")
        self.client.get("/own", auth=("other", "pass"))
        self.client.base_url = self.client.base_url + "/v2"
        self.client.get("/based")
        self.environment.runner.quit()
