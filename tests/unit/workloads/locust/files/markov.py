"""The next task depends on the last."""

from locust import HttpUser, MarkovTaskSet, constant, transition, transitions


class Walk(MarkovTaskSet):
    steps = 0

    @transition("detail")
    def listing(self):
        self.client.get("/list")

    @transitions({"cart": 1})
    def detail(self):
        self.client.get("/detail")

    @transitions(["listing"])
    def cart(self):
        self.client.get("/cart")
        self.steps += 1
        if self.steps == 2:
            self.user.environment.runner.quit()


class Walker(HttpUser):
    wait_time = constant(0.01)
    tasks = [Walk]
