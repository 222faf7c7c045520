"""Several classes: weights, fixed counts, an abstract one, one of weight 0."""

from locust import HttpUser, constant, task


class Base(HttpUser):
    abstract = True
    wait_time = constant(0.01)

    @task
    def base(self):
        self.client.get(f"/base/{type(self).__name__}")


class Many(Base):
    weight = 3


class Few(Base):
    weight = 1

    @task
    def own(self):
        self.client.get("/few")


class Fixed(Base):
    fixed_count = 1


class Never(Base):
    weight = 0
