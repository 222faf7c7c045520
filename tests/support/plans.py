"""Plans for the text of `loadgen check`."""

from dataclasses import replace

from loadgen.base.endpoint import Origin, Tls
from loadgen.base.reply import Expect
from loadgen.plan.condition import parse_condition
from loadgen.plan.jobs.http import HttpJob, RequestSpec, Variable
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.plan import Arrivals, Plan, Stage, StopRules


def one_url() -> Plan:
    return Plan(
        "http://127.0.0.1:8080/", Origin("http", "127.0.0.1", 8080), HttpJob((RequestSpec("GET /", "GET", "/"),))
    )


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
        HttpJob(
            (browse, buy, upload),
            (
                Variable("id", "random", (1, 500)),
                Variable("who", "choice", ("ann", "s3cr3t-value")),
                Variable("n", "sequence", (1,)),
                Variable("trace", "uuid"),
            ),
        ),
        users=2000,
        requests_limit=100_000,
        duration_s=30.0,
        think_s=(0.5, 1.5),
        ramp_up_s=10.0,
        processes=2,
        workers=1,
        tls=Tls(ca_file="ca.pem", cert_file="me.pem", key_file="me.key"),
        stop=StopRules(10, (parse_condition("error_rate > 5% over 10s min 200", use="abort"),)),
        seed=7,
        secrets=("s3cr3t-value",),
    )


def open_model() -> Plan:
    """Arrivals in stages, with all that can be said about them, and what the run must meet."""
    stages = (Stage(10.0, 0.5, 0.5), Stage(30.0, 0.5, 5000.0), Stage(90.0, 5000.0, 5000.0), Stage(5.0, 5000.0, 5000.0))
    return replace(
        one_url(),
        arrivals=Arrivals(stages, "poisson", 200, "queue", precise=True),
        duration_s=120.0,
        warmup_s=10.0,
        cool_down_s=5.0,
        thresholds=tuple(
            parse_condition(text, use="threshold") for text in ("p99 < 250ms", "error_rate < 1% over 10s")
        ),
        strict=True,
    )


def s3_batch() -> Plan:
    """A batch over what is there, with a journal."""
    job = S3Job(
        "batch", "photos", "eu-central-1", "/photos", "path", prefix="small/", objects=None, source="originals/",
        function="thumbnails:make", journal="/work/small.journal", checksum="crc32", retries=2,
    )  # fmt: skip
    origin = Origin("https", "s3.example", 443)
    return Plan("s3-images", origin, job, mode="threads", users=16, duration_s=None, stop=StopRules(1), phases=True)


def s3_mixed() -> Plan:
    """Operations by weight, sizes by weight."""
    job = S3Job(
        "mixed", "photos", "us-east-1", "/photos", "path", sizes=((4096, 4096, 60.0), (65536, 1 << 20, 40.0)),
        verify=True,
    )  # fmt: skip
    return Plan("https://s3.example", Origin("https", "s3.example", 443), job)


EVERY_PLAN = {
    "plan_one_url": one_url,
    "plan_everything": everything,
    "plan_open_model": open_model,
    "plan_s3_batch": s3_batch,
    "plan_s3_mixed": s3_mixed,
}
