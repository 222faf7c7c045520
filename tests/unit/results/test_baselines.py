import json

import pytest

from loadgen.base.errors import UsageError
from loadgen.results.baselines import Baselines, Origin, origin_of, read_origin
from loadgen.results.result import Rate, Result
from loadgen.results.rounds import read_variants

ORIGIN = Origin("2026-01-05T10:00:00+00:00", ("r.json",), "abc")
ROUNDS = [Result(rate=Rate(1.0, 2.0, 3.0)), Result()]


def test_a_baseline_is_a_file_of_results_with_its_origin(tmp_path):
    path = Baselines(tmp_path / "deep" / "folder").save("main", ROUNDS, ORIGIN, replace=False)
    text = path.read_text()
    (rounds,) = read_variants(text)
    assert rounds.results == tuple(ROUNDS)
    assert read_origin(text) == ORIGIN
    assert json.loads(text)["schema"] == "loadgen.series/1"


def test_a_baseline_is_found_by_its_name(tmp_path):
    kept = Baselines(tmp_path)
    for name in ("main", "a-b.c_1"):
        assert kept.find(kept.save(name, ROUNDS, ORIGIN, replace=False).stem) == tmp_path / f"{name}.json"
    assert kept.names() == ["a-b.c_1", "main"]
    with pytest.raises(UsageError, match=r"'mian' is neither a file nor a baseline in .* \(there: a-b.c_1, main\)"):
        kept.find("mian")
    with pytest.raises(UsageError, match="there: none"):
        Baselines(tmp_path / "nothing").find("main")


def test_one_that_is_there_is_only_updated_and_one_that_is_not_only_saved(tmp_path):
    kept = Baselines(tmp_path)
    with pytest.raises(UsageError, match="there is no baseline 'main' to update; `loadgen baseline save main RESULT`"):
        kept.save("main", ROUNDS, ORIGIN, replace=True)
    kept.save("main", ROUNDS, ORIGIN, replace=False)
    with pytest.raises(UsageError, match="a baseline 'main' already; `loadgen baseline update main RESULT` replaces"):
        kept.save("main", ROUNDS[:1], ORIGIN, replace=False)
    path = kept.save("main", ROUNDS[:1], ORIGIN, replace=True)
    assert len(read_variants(path.read_text())[0].results) == 1


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a b", "ä", "x" * 101, "-x"])
def test_what_is_no_name_is_refused(tmp_path, name):
    with pytest.raises(UsageError, match="expected a baseline's name"):
        Baselines(tmp_path).save(name, ROUNDS, ORIGIN, replace=False)
    with pytest.raises(UsageError, match="neither a file nor a baseline"):
        Baselines(tmp_path).find(name)


def test_a_folder_that_cannot_be_is_a_usage_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot write"):
        Baselines(tmp_path / "file").save("main", ROUNDS, ORIGIN, replace=False)


@pytest.mark.parametrize("variable", ["GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT"])
def test_the_commit_is_the_one_that_the_ci_server_builds(variable):
    assert origin_of(["a", "b"], {variable: "abc"}).commit == "abc"
    assert origin_of(["a", "b"], {}).sources == ("a", "b")
    assert origin_of([], {variable: ""}).commit == ""


@pytest.mark.parametrize("text", ["{}", "[]", '{"origin": 3}', '{"origin": {"sources": 5}}'])
def test_a_file_without_an_origin_has_an_empty_one(text):
    assert read_origin(text) == Origin()
