"""Errors that a person can act on. Everything else that escapes is a bug and exits 1."""


class LoadgenError(Exception):
    """The base of all expected errors; `str(error)` is one clear line for the terminal."""


class UsageError(LoadgenError):
    """The command, the profile or the environment cannot do what was asked: exit 2."""


class ProfileError(UsageError):
    """A profile with one or more problems, all of them found in one pass.

    `problems` are complete lines of the form "PATH: expected X, got Y"; `source` is the file's name.
    """

    def __init__(self, source: str, problems: list[str]) -> None:
        self.source = source
        self.problems = problems
        super().__init__("\n".join(f"{source}: {problem}" for problem in problems))
