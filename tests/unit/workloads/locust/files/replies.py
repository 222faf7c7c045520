"""All that is read of a reply, sent back to be compared."""

from locust import HttpUser, constant, task


class Reader(HttpUser):
    wait_time = constant(1)

    def tell(self, *seen):
        self.client.post("/seen", json=[value if isinstance(value, (int, float, list)) else str(value) for value in seen])

    @task
    def read(self):
        r = self.client.get("/json?x=1")
        self.tell(r.status_code, r.ok, bool(r), r.text, r.content, r.json()["items"], r.reason, r.encoding)
        self.tell(r.headers["x-site"], r.headers.get("X-SITE"), r.headers.get("none", "-"), "content-TYPE" in r.headers)
        self.tell(r.url.partition("/json")[1], r.request.method, r.request.path_url, r.request.body)
        self.tell(r.elapsed.total_seconds() > 0, r.is_redirect, r.history, type(r.elapsed).__name__)
        r = self.client.get("/html")
        self.tell(r.text, r.encoding, len(r.content), len(r.text), "Grüße" in r.text)
        self.tell(self.client.get("/latin").text, self.client.get("/latin").encoding)
        r = self.client.get("/lines", stream=True)
        self.tell(*[line.decode() for line in r.iter_lines()])
        self.tell(*self.client.get("/lines").iter_lines(decode_unicode=True))
        self.tell(*[part for part in self.client.get("/lines").iter_content(5)])
        r = self.client.get("/login")
        self.tell(r.cookies["session"], r.cookies.get("none"), dict(r.cookies).get("session"), sorted(r.cookies.keys()))
        r = self.client.get("/status/404", name="404")
        self.tell(r.status_code, r.ok, bool(r), r.reason, repr(r))
        try:
            r.raise_for_status()
        except Exception as error:
            self.tell(str(error).partition(" for url")[0], type(error).__name__)
        try:
            self.client.get("/broken-json").json()
        except ValueError as error:
            self.tell(str(error), type(error).__name__)
        self.tell(self.client.get("/json", timeout=5).status_code, self.client.get("/json", timeout=(3, 5)).status_code)
        self.tell(self.client.get("/empty").text, self.client.head("/head").content)
        r = self.client.post("/post", data={"a": 1})
        self.tell(r.request.body, r.request.headers["Content-Type"], r.json().get("path"))
        self.environment.runner.quit()
