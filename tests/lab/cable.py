"""`python -m tests.lab.cable COMMAND...` runs it and carries its input and output; stopped, it is a cable cut."""

import os
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO


def main() -> None:
    with subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        threading.Thread(target=carry, args=(0, process.stdin), daemon=True).start()
        carry(process.stdout.fileno(), sys.stdout.buffer)
    sys.exit(process.returncode)


def carry(source: int, sink: IO[bytes]) -> None:
    with suppress(BrokenPipeError), sink:
        while data := os.read(source, 1 << 16):
            sink.write(data)
            sink.flush()


if __name__ == "__main__":
    main()
