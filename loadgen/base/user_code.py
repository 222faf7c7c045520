"""Python that is the user's own: a file loaded by its path, as a module of its own."""

import builtins
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from loadgen.base.errors import UsageError

_OF_LOCUST = re.compile(r"^\s*(?:from|import)\s+locust\b", re.MULTILINE)


def load_file(path: str) -> ModuleType:
    """A new module of the file; what lies beside it can be imported while it is loaded, and later by those modules.

    Raises UsageError, with the file and the line, for whatever the file does when it is run. It is loaded anew by each
    call: two of them share nothing but what they import. What it prints goes to standard error, as standard output may
    be a report that programs read.
    """
    file = Path(path)
    name = file.stem if file.stem.isidentifier() and file.stem not in sys.modules else f"_user_{abs(hash(str(file)))}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path}: expected a Python file, whose name ends in .py")
    module = importlib.util.module_from_spec(spec)
    folder = str(file.resolve().parent)
    sys.path.insert(0, folder)
    sys.modules[name] = module
    module.print = _print  # type: ignore[attr-defined]
    try:
        spec.loader.exec_module(module)
    except BaseException as error:  # whatever a person's file does when it is run, sys.exit among it
        del sys.modules[name]
        if isinstance(error, KeyboardInterrupt):
            raise
        raise UsageError(f"{path}{where_in(error, path)}: {describe(error)}") from None
    finally:
        sys.path.remove(folder)
        if folder not in sys.path:
            sys.path.append(folder)  # behind all others: for what the file imports only when it is called
    return module


def _print(*values: object, **options: Any) -> None:
    """`print` for the user's file."""
    builtins.print(*values, **{"file": sys.stderr, **options})  # noqa: T201  it is the user who prints


def describe(error: BaseException) -> str:
    """An exception of the user's code on one line."""
    if isinstance(error, SystemExit):
        return f"the file ends the program (sys.exit({'' if error.code is None else repr(error.code)}))"
    text = str(error).strip().splitlines()
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}"
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__


def where_in(error: BaseException, path: str) -> str:
    """ ":LINE" of the file in which the exception arose, the innermost; nothing where that is not known."""
    file = Path(path).resolve()
    if isinstance(error, SyntaxError) and error.filename:
        return f":{error.lineno}" if Path(error.filename).resolve() == file else ""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename).resolve() == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return f":{line}" if line else ""


def is_locustfile(path: str) -> bool:
    """Whether the file is written for Locust: by its name, or by an import."""
    file = Path(path)
    if file.suffix != ".py":
        return False
    try:
        return "locustfile" in file.name.lower() or bool(_OF_LOCUST.search(file.read_text("utf-8", "replace")))
    except OSError:
        return False
