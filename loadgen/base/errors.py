"""Errors that a person can act on. Everything else that escapes is a bug and exits 1."""


class LoadgenError(Exception):
    """The base of all expected errors; `str(error)` is one clear line for the terminal."""


class UsageError(LoadgenError):
    """The command, the profile or the environment cannot do what was asked: exit 2."""


class ScriptError(LoadgenError):
    """Code of the user's own raised before anything was measured: exit 107."""


class NotReadyError(LoadgenError):
    """The target did not do what a run needs before it begins: exit 99."""


class ProfileError(UsageError):
    """A profile with one or more problems, all of them found in one pass.

    `problems` are complete lines of the form "PATH: expected X, got Y"; `source` is the file's name.
    """

    def __init__(self, source: str, problems: list[str]) -> None:
        self.source = source
        self.problems = problems
        super().__init__("\n".join(f"{source}: {problem}" for problem in problems))


class Stopped(BaseException):
    """A signal came while nothing runs that could end in order."""


def was_stopped(error: BaseException | None) -> bool:
    """Whether that is what it comes from: Python has an error of its own for what is raised while a class is made."""
    while error is not None and not isinstance(error, Stopped):
        error = error.__cause__ or error.__context__
    return error is not None
