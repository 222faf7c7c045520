"""Headers and cookies of the client, of one request, and those that the site sets."""

from locust import HttpUser, constant, task


class Browser(HttpUser):
    wait_time = constant(1)

    def on_start(self):
        self.client.headers.update({"X-Tenant": "acme", "Accept-Language": "en"})
        self.client.headers["authorization"] = "Bearer 1"
        self.client.verify = False

    @task
    def all_of_them(self):
        get = self.client.get
        get("/client-headers")
        get("/request-headers", headers={"X-TENANT": "other", "X-One": "1"})
        get("/without", headers={"X-Tenant": None})
        get("/bytes", headers={"X-Bytes": b"raw"})
        get("/cookie-of-request", cookies={"a": "1"})
        get("/no-cookie")
        get("/login")
        get("/with-session")
        get("/docs/index")
        get("/and-more", cookies={"b": "2"})
        get("/own-cookie-header", headers={"Cookie": "mine=1"})
        self.client.cookies.set("csrf", "x")
        get("/set")
        self.client.cookies["csrf"] = "y"
        get("/set-again/" + self.client.cookies["session"] + self.client.cookies.get("none", "-"))
        names = sorted(self.client.cookies.get_dict())
        get("/names/" + ",".join(names) + "/" + ",".join(sorted(cookie.name for cookie in self.client.cookies)))
        self.client.cookies.clear()
        get("/cleared")
        self.client.headers = {"X-Plain": "dict"}
        get("/plain-dict")
        self.client.headers["X-More"] = "1"
        get("/plain-dict")
        del self.client.headers["X-More"]
        get("/plain-dict", headers={"x-plain": "2"})
        self.environment.runner.quit()
