"""Sets that choose their next task themselves."""

from locust import HttpUser, TaskSet, constant, task


class Own(TaskSet):
    step = 0

    def get_next_task(self):
        self.step += 1
        return [self.one, self.two, type(self).three][self.step % 3]

    def one(self, *_):
        self.client.get("/one")

    def two(self, *_):
        self.client.get("/two")
        self.schedule_task(self.urgent)

    @task
    def three(self):
        self.client.get("/three")
        if self.step > 3:
            self.user.environment.runner.quit()

    def urgent(self, *_):
        self.client.get("/urgent")


class Scheduler(HttpUser):
    wait_time = constant(0.01)
    tasks = [Own]
