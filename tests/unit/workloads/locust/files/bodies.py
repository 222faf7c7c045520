"""Bodies and parameters in every form; paths that are empty, not quoted, with queries."""

import io
import json

from locust import HttpUser, constant, task


class Sender(HttpUser):
    wait_time = constant(1)

    @task
    def all_of_them(self):
        post = self.client.post
        post("/form", data={"a": 1, "b": ["x", "y"], "none": None, "umlaut": "ü ä", "flag": True})
        post("/form", data=[("a", 1), ("a", 2)])
        post("/form", data=(("k", "v"),))
        post("/form", data="a=1&b=2", headers={"Content-Type": "application/x-www-form-urlencoded"})
        post("/text", data="tüxt")
        post("/bytes", data=b"\x00\x01")
        post("/file", data=io.BytesIO(b"from a file"))
        post("/text-file", data=io.StringIO("text"))
        post("/json", json={"a": "ü", "n": 1.5, "list": []})
        post("/json", data=json.dumps({"a": 1}), headers={"content-type": "application/json"})
        post("/json", json=[])
        post("/json", json={}, data={})
        post("/both", data={"a": 1}, json={"b": 2})
        post("/xml", data="<a/>", headers={"Content-Type": "text/xml"})
        post("/no-headers", data={"a": 1}, headers="")
        post("/generator", data=(part for part in [b"one", b"two"]))
        get = self.client.get
        get("")
        get("?only=query")
        get("/a b/ü?q=x y&z=%20%41#fragment")
        get("/params?given=1", params={"list": ["1", "2"], "none": None, "space": "a b", "u": "ü/&"})
        get("/params", params=[("a", "1"), ("a", "2")])
        get("/params", params=(("t", 1),))
        get("/params", params="raw=1&b=ü")
        get("/percent/100%")
        get("/semi;colon,comma/(x)/~user/@me")
        self.environment.runner.quit()
