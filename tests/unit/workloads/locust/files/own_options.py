"""Options of the file's own, on the command line and from the environment."""

# args: --tenant acme --count 3 --tags all
# env: OWN_REGION=north

from locust import HttpUser, constant, events, tag, task


@events.init_command_line_parser.add_listener
def options(parser):
    parser.add_argument("--tenant", type=str, env_var="OWN_TENANT", default="", help="whose")
    parser.add_argument("--count", type=int, default=1, include_in_web_ui=False)
    parser.add_argument("--region", env_var="OWN_REGION", default="south")
    parser.add_argument("--secret", is_secret=True, default="s")
    group = parser.add_argument_group("more")
    group.add_argument("--flag", action="store_true", env_var="OWN_FLAG")


@events.test_start.add_listener
def started(environment, **kw):
    print("tenant", environment.parsed_options.tenant)


class Optional(HttpUser):
    wait_time = constant(1)

    @tag("all")
    @task
    def use(self):
        given = self.environment.parsed_options
        path = f"/{given.tenant}/{given.count + 1}/{given.region}/{given.secret}/{given.flag}"
        self.client.get(path, name="/tenant")
        self.environment.runner.quit()
