"""Requests beside each other by a pool of gevent's."""

import gevent
from gevent.pool import Pool
from locust import HttpUser, constant, task


class Parallel(HttpUser):
    wait_time = constant(1)

    @task
    def load(self):
        pool = Pool()
        for number in range(3):
            pool.spawn(self.client.get, f"/asset/{number}", name="asset")
        pool.join()
        jobs = [gevent.spawn(self.client.get, f"/job/{number}") for number in range(2)]
        gevent.joinall(jobs)
        self.client.get(f"/done/{jobs[0].value.status_code}")
        self.environment.runner.quit()
