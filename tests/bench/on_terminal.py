"""`python -m tests.bench.on_terminal COMMAND...`: with a terminal as standard input and error, whose text comes out of
standard error here; standard output is our own."""

import fcntl
import os
import struct
import subprocess
import sys
import termios

ROWS, COLUMNS = 40, 140


def main() -> int:
    """The command's exit code."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key not in ("LINES", "COLUMNS")}
    command = subprocess.Popen(sys.argv[1:], stdin=theirs, stderr=theirs, env={**environment, "TERM": "xterm-256color"})
    os.close(theirs)
    while True:
        try:
            text = os.read(ours, 1 << 16)
        except OSError:  # nobody has it open any more
            break
        if not text:
            break
        os.write(2, text)
    return command.wait()


if __name__ == "__main__":
    sys.exit(main())
