import pytest

from loadgen.base.endpoint import Origin
from loadgen.plan.build import make_plan
from loadgen.plan.profiles.document import read_profile
from loadgen.plan.profiles.shipped import shipped_file, shipped_profiles, summary_of

NAMES = [
    "chat-stream", "http-get", "http-post-json", "mixed", "open-model", "quickstart",
    "s3-download", "s3-images", "s3-mixed", "s3-multipart", "s3-upload", "shop", "shop.py",
]  # fmt: skip
DECLARED = [name for name in shipped_profiles() if not name.endswith(".py")]


def read(name, environment=None):
    return read_profile(shipped_profiles()[name], {}, environment or {}, {})


def test_the_shipped_profiles_are_found_with_a_summary():
    assert set(NAMES) <= set(shipped_profiles())
    for name, path in shipped_profiles().items():
        assert path.name in (name, f"{name}.yaml")
        assert summary_of(path).endswith(".")


@pytest.mark.parametrize("name", ["none", "", "../README", "quickstart.yaml", "*", "../shop-accounts.csv"])
def test_what_is_not_shipped_is_not_found(name):
    assert shipped_file(name) is None


def test_data_of_a_profile_is_shipped_but_no_profile():
    assert shipped_file("shop-accounts.csv").name == "shop-accounts.csv"
    assert "shop-accounts.csv" not in shipped_profiles()


@pytest.mark.parametrize("name", DECLARED)
def test_every_shipped_profile_makes_a_plan_against_the_demo_server_or_a_target_of_choice(name):
    assert make_plan(read(name), cores=2, gil=True).origin == Origin("http", "127.0.0.1", 8080)
    elsewhere = make_plan(read(name, {"TARGET": "https://example.test/"}), cores=2, gil=True)
    assert elsewhere.origin == Origin("https", "example.test", 443)


@pytest.mark.parametrize("name", DECLARED)
def test_every_shipped_profile_explains_most_of_its_lines(name):
    lines = [line.strip() for line in shipped_profiles()[name].read_text(encoding="utf-8").splitlines() if line.strip()]
    assert sum("#" in line for line in lines) * 3 >= len(lines)


def test_quickstart_is_small():
    profile = read("quickstart")
    assert (profile.connections, profile.duration) == (20, 5.0)


def test_the_post_profile_sends_numbers_as_numbers_and_hides_its_token():
    plan = make_plan(read("http-post-json", {"API_TOKEN": "t0p-secret"}), cores=2, gil=True)
    (request,) = plan.job.requests
    assert request.body.startswith(b'{"order":${order},"customer":${customer},')
    assert b"costs $5" in request.body
    assert "t0p-secret" in plan.secrets


def test_mixed_has_weights_that_make_a_hundred():
    plan = make_plan(read("mixed"), cores=2, gil=True)
    assert sum(request.weight for request in plan.job.requests) == 100
    assert {variable.kind for variable in plan.job.variables} == {"random", "choice", "uuid"}


def test_the_open_model_profile_goes_up_and_down_and_has_thresholds():
    plan = make_plan(read("open-model"), cores=2, gil=True)
    assert plan.arrivals is not None
    assert [stage.to_rps for stage in plan.arrivals.stages] == [200, 1000, 1000, 200, 200]
    assert (plan.duration_s, plan.arrivals.max_connections, len(plan.thresholds)) == (20.0, 200, 3)
