"""The wire form of replies."""

from loadgen.target.answers import Answer, phrase

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
FILLER = memoryview(b"0123456789abcdef" * 4096)


def head_of(answer: Answer, *, keep_alive: bool, old_client: bool = False, json: bool = False) -> bytes:
    """Status line and fields. `old_client`: the request was HTTP/1.0, where keep-alive has to be said."""
    lines = [f"HTTP/1.1 {answer.status} {phrase(answer.status)}"]
    if answer.status != 204:
        lines.append(f"Content-Type: {'application/json' if json else 'text/plain'}")
    if answer.status not in (204, 304):
        lines.append(f"Content-Length: {answer.length}")
    if not keep_alive:
        lines.append("Connection: close")
    elif old_client:
        lines.append("Connection: keep-alive")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def body_of(answer: Answer) -> bytes | memoryview:
    """The whole body; filler up to 64 KiB only."""
    return answer.body if answer.filler is None else FILLER[: answer.filler]
