"""Plans for the text of `loadgen check`."""

from loadgen.base.exchange import Expect, Origin, Tls
from loadgen.plan.plan import Plan, RequestSpec, StopRules, Variable


def one_url() -> Plan:
    return Plan("http://127.0.0.1:8080/", Origin("http", "127.0.0.1", 8080), (RequestSpec("GET /", "GET", "/"),))


def everything() -> Plan:
    """Weights, variables, bodies, TLS, stop rules, and secrets in every place that a profile can hold one."""
    browse = RequestSpec(
        "browse",
        "GET",
        "/items/${id}?lang=en&token=s3cr3t-query",
        7,
        (("Accept", "application/json"), ("Authorization", "Bearer s3cr3t-bearer"), ("X-Tenant", "s3cr3t-value")),
    )
    buy = RequestSpec(
        "buy",
        "POST",
        "/cart",
        2.5,
        (("Content-Type", "application/json"), ("Cookie", "session=s3cr3t-cookie")),
        b'{"id": ${id}, "key": "s3cr3t-value"}',
        expect=Expect(((200, 200), (202, 204)), b'"ok"', 12),
    )
    upload = RequestSpec("upload", "PUT", "/files/${who}", 0.5, body_file="photo.jpg")
    return Plan(
        "checkout",
        Origin("https", "shop.example", 443),
        (browse, buy, upload),
        (
            Variable("id", "random", (1, 500)),
            Variable("who", "choice", ("ann", "s3cr3t-value")),
            Variable("n", "sequence", (1,)),
            Variable("trace", "uuid"),
        ),
        users=2000,
        requests_limit=100_000,
        duration_s=30.0,
        think_s=(0.5, 1.5),
        ramp_up_s=10.0,
        processes=2,
        workers=1,
        tls=Tls(ca_file="ca.pem", cert_file="me.pem", key_file="me.key"),
        stop=StopRules(10, ("error_rate > 5% over 10s min 200",)),
        seed=7,
        secrets=("s3cr3t-value",),
    )


EVERY_PLAN = {"plan_one_url": one_url, "plan_everything": everything}
