"""Files as dicts, lists of tuples, tuples, open files."""

import io
from pathlib import Path

from locust import HttpUser, constant, task

HERE = Path(__file__).parent


class Uploader(HttpUser):
    wait_time = constant(1)

    @task
    def all_of_them(self):
        post = self.client.post
        post("/bytes", files={"file": b"raw"})
        post("/named", files={"file": ("name.txt", b"data")})
        post("/typed", files={"file": ("name.txt", "text", "text/plain")})
        post("/headers", files={"file": ("name.txt", b"data", "text/plain", {"X-Part": "1"})})
        post("/list", files=[("images", ("1.png", b"1", "image/png")), ("images", ("2.png", b"2", "image/png"))])
        post("/with-data", files={"file": io.BytesIO(b"io")}, data={"k": "v", "n": 1, "list": ["a", "b"]})
        post("/field", files={"field": (None, "value")})
        with open(HERE / "upload.txt", "rb") as file:
            post("/open", files={"upload": file}, params={"x": 1})
        self.environment.runner.quit()
