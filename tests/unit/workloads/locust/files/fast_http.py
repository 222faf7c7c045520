"""The fast client."""

from locust import FastHttpUser, constant, task


class Fast(FastHttpUser):
    wait_time = constant(1)
    default_headers = {"X-Default": "1"}

    @task
    def all_of_them(self):
        client = self.client
        client.get("/get")
        client.get("/params?a=1", params={"q": "a b"})
        client.get("/headers", headers={"X-Number": 5, "X-Text": "t"})
        client.get("/auth", auth=("user", "pass"))
        client.post("/form", {"a": 1, "b": "two words"})
        client.post("/form", data={"a": "ü"})
        client.post("/text", data="tüxt")
        client.post("/bytes", data=b"\x01\x02")
        client.post("/json", json={"a": "ü"})
        client.post("/json", None, {"a": 1})
        client.put("/put", "x")
        client.patch("/patch", json={})
        client.delete("/delete")
        client.head("/head")
        client.options("/options")
        client.request("GET", "/request")
        client.get(f"{self.host}/absolute", name="absolute")
        client.get("/login")
        reply = client.get("/with-session")
        seen = f"{reply.status_code}/{reply.json()['id']}/{reply.headers['X-SITE']}/{reply.headers.get('none')}"
        client.get(f"/seen/{seen}/{len(reply.content)}/{len(reply.text)}/{bool(reply)}")
        client.get(f"/redirected/{client.get('/redirect').url.partition('/home')[1]}")
        client.get(f"/not-followed/{client.get('/redirect', allow_redirects=False).status_code}")
        with client.get("/status/500", catch_response=True) as reply:
            if reply.status_code == 500:
                reply.success()
        with client.get("/wrong", catch_response=True) as reply:
            reply.failure("wrong")
        with client.get("/status/404", catch_response=True):
            pass
        client.get("/status/503")
        self.environment.runner.quit()
