"""What bodies are cut from: a few MiB of random bytes, of bytes that compress, of words, or of a file."""

from itertools import chain, repeat
from pathlib import Path
from random import Random

from loadgen.base.errors import UsageError

BLOCK_BYTES = 1 << 22
MOST_FILE_BYTES = 64 << 20
"""Each worker holds it: of a longer file it is the beginning."""
_UNIT_BYTES = 256
"""What stands several times in bytes that compress: far less than what any compressor looks back at."""
_TEXT_BYTES = 1 << 18
_LETTERS = "eeeeeeeeeeeetttttttttaaaaaaaaooooooooiiiiiiinnnnnnnsssssshhhhhhrrrrrrddddllllcccuuummmwwffggyyppbbvk"
"""Letters as often as English has them: what is made of them compresses about as much."""


def make_block(kind: str, random: Random, more: int) -> bytes:
    """At least BLOCK_BYTES and `more`, that many of its first bytes again at its end. Raises UsageError for a file."""
    if kind.startswith("@"):
        data = _of_file(kind[1:])
    elif kind == "text":
        data = _text(random)
    elif kind.startswith("compressible:"):
        times = int(kind.partition(":")[2])
        units = (random.randbytes(_UNIT_BYTES) for _ in range(-(-BLOCK_BYTES // (_UNIT_BYTES * times))))
        data = b"".join(chain.from_iterable(repeat(unit, times) for unit in units))
    else:
        data = random.randbytes(BLOCK_BYTES)
    whole = data * -(-BLOCK_BYTES // len(data))
    return whole + whole[:more]


def _text(random: Random) -> bytes:
    """Words with blanks between them, ten to a line."""
    words = ["".join(random.choices(_LETTERS, k=random.randint(1, 9))) for _ in range(4000)]
    ranks = [1 / rank for rank in range(1, len(words) + 1)]  # as often as words are in any language: Zipf's law
    chosen = random.choices(words, ranks, k=_TEXT_BYTES // 5)
    lines = (" ".join(chosen[start : start + 10]) for start in range(0, len(chosen), 10))
    return "\n".join(lines).encode()[:_TEXT_BYTES]


def _of_file(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            data = file.read(MOST_FILE_BYTES)
    except OSError as error:
        raise UsageError(f"--content: cannot read {path!r}: {error.strerror}") from None
    if not data:
        raise UsageError(f"--content: {path!r} is empty")
    return data
