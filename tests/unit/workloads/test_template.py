from functools import partial
from itertools import islice
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.plan.encodings import in_body, in_url
from loadgen.plan.jobs.http import Variable
from loadgen.workloads.template import Sources, Template, value_source

FIXED = {"id": lambda: 7, "who": lambda: "ann"}


def fixed(sources):
    """The sources of values that need no encoding."""
    return lambda name, _encode: sources.get(name)


def drawn(variable, times, *, seed=1, worker=0, workers=1):
    source = value_source(variable, seed, worker, workers)
    return [source() for _ in range(times)]


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("/items/${id}", "/items/7"),
        ("${id}${id}-${who}", "77-ann"),
        ("100%/${id}?q=%20%s", "100%/7?q=%20%s"),  # per cent signs are text
        ("%${id}%%", "%7%%"),
        ("${id} and ${other}", "7 and ${other}"),  # an unknown name is left alone
        ("${other}% ${id}", "${other}% 7"),
        ('{"a": ${id}, "b": "$id {id} ${}"}', '{"a": 7, "b": "$id {id} ${}"}'),
        ("${9} ${a-b} ${id}", "${9} ${a-b} 7"),  # not names
        ("$${id}", "$7"),
    ],
)
def test_places_are_filled_and_all_else_is_kept(text, rendered):
    template = Template(text, fixed(FIXED))
    assert not template.constant
    assert template.render() == rendered


@pytest.mark.parametrize("text", ["", "/plain", "50% off %s", "${other}"])
def test_a_text_without_known_places_is_constant_and_renders_to_itself(text):
    template = Template(text, fixed(FIXED))
    assert template.constant
    assert template.render() == template.text == text


@given(st.text(alphabet="%s${}idx_9 ", max_size=30))
def test_any_text_renders_as_plain_replacement_would(text):
    assert Template(text, fixed({"id": lambda: "%s${id}"})).render() == text.replace("${id}", "%s${id}")


def test_every_rendering_draws_fresh_values():
    template = Template("${n}/${n}", fixed({"n": iter(range(9)).__next__}))
    assert [template.render(), template.render()] == ["0/1", "2/3"]


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_a_sequence_over_all_workers_is_complete_and_without_repeats(workers):
    variable = Variable("n", "sequence", (100,))
    shares = [drawn(variable, 20, worker=worker, workers=workers) for worker in range(workers)]
    together = sorted(value for share in shares for value in share)
    assert together == list(range(100, 100 + 20 * workers))


def test_random_integers_reach_both_ends_of_their_range_and_nothing_beyond():
    assert set(drawn(Variable("n", "random", (-1, 2)), 300)) == {-1, 0, 1, 2}


def test_a_range_of_one_integer_is_that_integer():
    assert set(drawn(Variable("n", "random", (5, 5)), 20)) == {5}


def test_every_choice_comes_up_as_it_was_written():
    assert set(drawn(Variable("n", "choice", ("a", "b%s", 3)), 100)) == {"a", "b%s", 3}


def test_a_uuid_is_random_of_version_four():
    values = drawn(Variable("n", "uuid"), 50)
    assert len(set(values)) == 50
    assert all(
        UUID(value).version == 4 and UUID(value).variant == RFC_4122 and str(UUID(value)) == value for value in values
    )


@pytest.mark.parametrize(
    "variable", [Variable("n", "random", (1, 10**9)), Variable("n", "choice", tuple("abcdef")), Variable("n", "uuid")]
)
def test_the_same_seed_draws_the_same_and_another_seed_or_name_does_not(variable):
    renamed = Variable("m", variable.kind, variable.values)
    assert drawn(variable, 20, seed=5) == drawn(variable, 20, seed=5)
    assert drawn(variable, 20, seed=5) != drawn(variable, 20, seed=6)
    assert drawn(variable, 20, seed=5) != drawn(renamed, 20, seed=5)


def test_a_sequence_has_no_end():
    source = value_source(Variable("n", "sequence", (0,)), 1, 0, 1)
    assert list(islice(iter(source, None), 1000))[-1] == 999


@pytest.mark.parametrize(
    ("text", "encoders", "choice", "rendered"),
    [
        ("/a/${c}?q=${c}", in_url, "C# &/%20", "/a/C%23%20%26%2F%2520?q=C%23%20%26%2F%2520"),
        ("a=${c}&b=1", partial(in_body, "form"), "x&y", "a=x%26y&b=1"),
        ('{"a": "${c}"}', partial(in_body, "json"), 'say "hi"\n', '{"a": "say \\"hi\\"\\n"}'),
        ('{"a": ${c}}', partial(in_body, "json"), '{"b": 1}', '{"a": {"b": 1}}'),
    ],
)
def test_a_choice_is_encoded_for_the_place_where_it_stands(text, encoders, choice, rendered):
    sources = Sources([Variable("c", "choice", (choice,))], 1, 0, 1)
    assert Template(text, sources.at, encoders).render() == rendered
    assert Template("${c}", sources.at).render() == choice


def test_an_encoded_choice_keeps_its_percent_signs_and_still_cannot_leave_its_line():
    sources = Sources([Variable("c", "choice", ("a%2Fb&c=1 \r\n#",), encoded=True)], 1, 0, 1)
    assert Template("/${c}", sources.at, in_url).render() == "/a%2Fb&c=1%20%0D%0A%23"
