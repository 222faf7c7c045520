"""Parts of requests are counted once, and shown beside the whole."""

from loadgen.measure.names import Kind, names_of
from loadgen.measure.recorder import Recorder
from loadgen.measure.recording import Recording
from loadgen.plan.jobs.s3 import S3Job


def recorded(*name_ids: int) -> Recording:
    job = S3Job("put", "b", sizes=((10, 10, 1.0), (5000, 5000, 1.0)), retries=0)
    recorder = Recorder(bytes.decode, paced=False, names=names_of(job))
    for name_id in name_ids:
        recorder.replies(name_id, 200, None).add(1_000_000, 100, 10)
    return recorder.take()


def test_a_part_is_in_the_whole_and_beside_it() -> None:
    names = names_of(S3Job("put", "b", sizes=((10, 10, 1.0), (5000, 5000, 1.0)), retries=0))
    small, large = names.of(Kind.PART).values()
    recording = recorded(small, small, large)
    assert [*recording.tallies] == [0]
    assert (recording.total().ok, recording.tallies[0].payload) == (3, 30)
    assert {number: tally.ok for number, tally in recording.parts.items()} == {small: 2, large: 1}
    recording.merge(recorded(small, 0))
    assert (recording.tallies[0].ok, recording.parts[small].ok, recording.parts[large].ok) == (5, 3, 1)
