import re

import pytest

from loadgen.base.pattern import pattern


def test_a_pattern_is_one_of_re_from_its_first_use_on():
    word = pattern("(a+)b", re.IGNORECASE)
    assert vars(word).keys() == {"_text", "_flags"}
    match = word.fullmatch("AAB")
    assert match is not None
    assert (match[1], word.sub("x", "ab-aab"), word.pattern, word.groups) == ("AA", "x-x", "(a+)b", 1)
    assert word.search(string="cab", pos=1) is not None
    assert word.fullmatch is word.fullmatch


def test_bytes_are_looked_at_too():
    assert pattern(rb"\d+").findall(b"1 22") == [b"1", b"22"]


def test_what_is_wrong_in_one_is_said_when_it_is_used():
    with pytest.raises(re.error):
        pattern("(").search("")
