"""Redirects, with cookies on the way, and without following."""

from locust import HttpUser, constant, task


class Follower(HttpUser):
    wait_time = constant(1)

    @task
    def follow(self):
        for status in (301, 302, 303, 307, 308):
            reply = self.client.post(f"/redirect?status={status}", data={"a": 1}, name=f"redirect {status}")
            path = reply.url.partition("//")[2].partition("/")[2]
            self.client.get(f"/seen/{reply.status_code}/{reply.request.method}/{len(reply.history)}", params={"u": path})
        with self.client.get("/redirect", allow_redirects=False, catch_response=True) as reply:
            where = reply.headers["location"]
            reply.failure("redirected") if where != "/home?from=redirect" else reply.success()
        self.client.get("/not-followed", params={"where": where})
        with self.client.get("/redirect", catch_response=True, name="caught") as reply:
            reply.failure("after the redirect")
        self.client.put("/redirect?status=301", json={"a": 1}, headers={"X-Kept": "1"})
        looped = self.client.get("/loop")
        self.client.get(f"/looped/{looped.status_code}")
        self.environment.runner.quit()
