"""What a user finds in its environment, and tells its listeners."""

from locust import HttpUser, constant, events, task

contexts = []


@events.request.add_listener
def remember(context, **kwargs):
    contexts.append(context)


class Finder(HttpUser):
    wait_time = constant(1)
    host = "http://replaced.example"

    def context(self):
        return {"user": "ann"}

    @task
    def find(self):
        found = self.environment
        self.client.get(f"/{found.runner.state}/{found.runner.user_count}/{found.runner.target_user_count}")
        self.client.get(f"/{self.host == found.host == self.client.base_url}/{found.parsed_options.host == found.host}")
        self.client.get(f"/{[kind.__name__ for kind in found.user_classes]}/{found.web_ui}/{found.shape_class}")
        self.client.get("/context", context={"more": 1})
        self.client.post("/contexts", json=contexts)
        self.environment.runner.quit()
