import pytest

from loadgen.clients.http1.single_use import BELIEVED_FOR, SingleUse


@pytest.mark.parametrize("after", [1, 3])
def test_a_server_is_believed_after_some_ends_and_looked_at_again_after_many_replies(after):
    server = SingleUse(after)
    for _ in range(after):
        assert not server.closes()
        assert not server.seems_so
        server.note_end()
    assert server.seems_so
    assert [server.closes() for _ in range(BELIEVED_FOR)] == [True] * BELIEVED_FOR
    assert not server.closes()
