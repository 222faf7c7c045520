"""Servers that close each connection after one reply and do not say so."""

BELIEVED_FOR = 1000
"""Replies, of which each costs a connection where the server had kept it after all."""


class SingleUse:
    """Whether the server seems to be one of these: `after` connections ended with their first reply.

    What is sent on such a connection is lost to a race. So it is closed by us, for some replies; then the server is
    looked at again.
    """

    def __init__(self, after: int) -> None:
        self._after = after
        self._seen = 0

    @property
    def seems_so(self) -> bool:
        return self._seen >= self._after

    def note_end(self) -> None:
        """A connection ended after its first reply, without a word."""
        self._seen += 1

    def closes(self) -> bool:
        """Whether a connection that got a reply is to be closed."""
        if not self.seems_so:
            return False
        self._seen = (self._seen + 1) % (self._after + BELIEVED_FOR)
        return True
