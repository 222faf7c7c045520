"""Imported requests as the text of a profile, whatever a file has of them."""

from loadgen.plan.imports.profile_text import profile_text
from loadgen.plan.imports.recorded import Imported, Recorded
from loadgen.plan.jobs.http import Part


def test_half_a_character_is_written_as_a_question_mark() -> None:
    request = Recorded("http://h/", "POST", parts=(Part("a", "b", type="text/plain\ud800"),))
    assert "text/plain?" in profile_text(Imported((request,)))
