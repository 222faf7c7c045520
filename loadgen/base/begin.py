"""`python -m loadgen.base.begin MODULE [WORD...]`: `main` of a module of ours, in a process of its own.

Run as a program itself the module would import all that it needs with the garbage collector at work, which finds none.
"""

import sys

from loadgen.base.imported import imported

if __name__ == "__main__":
    imported(sys.argv.pop(1), "main")()
