"""Statistics that the file reads back, and an exit code by them."""

import json

from locust import HttpUser, constant, events, task


@events.quitting.add_listener
def judge(environment, **kwargs):
    total = environment.stats.total
    if total.fail_ratio > 0.2:
        environment.process_exit_code = 3


class Judge(HttpUser):
    wait_time = constant(0.01)
    rounds = 0

    @task
    def work(self):
        self.rounds += 1
        if self.rounds < 4:
            self.client.get("/good")
            self.client.get("/status/500", name="bad")
            return
        stats = self.environment.runner.stats
        good = stats.get("/good", "GET")
        entries = sorted(f"{method} {name}" for name, method in stats.entries)
        read = {
            "total": [stats.total.num_requests, stats.total.num_failures, stats.total.fail_ratio],
            "good": [good.num_requests, good.num_failures, good.total_content_length, good.avg_content_length],
            "entries": entries,
            "errors": [[error.method, error.name, error.occurrences] for error in stats.errors.values()],
            "times": good.avg_response_time >= 0 and good.get_response_time_percentile(0.95) >= 0,
            "users": self.environment.runner.user_count,
        }
        self.client.post("/read", data=json.dumps(read))
        stats.reset_all()
        self.client.get(f"/after-reset/{stats.total.num_requests}/{stats.num_failures}")
        self.environment.runner.quit()
