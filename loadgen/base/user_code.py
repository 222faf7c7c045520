"""Python that is the user's own: a file loaded by its path, as a module of its own."""

import builtins
import importlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from loadgen.base.errors import Stopped, UsageError
from loadgen.base.pattern import pattern
from loadgen.base.received_names import original_names
from loadgen.base.suggest import did_you_mean

_FUNCTION = pattern(r"(?:.+\.py|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_OF_LOCUST = pattern(r"^\s*(?:from|import)\s+locust\b", re.MULTILINE)


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
    sys.modules[name] = module
    module.print = _print  # type: ignore[attr-defined]
    with _first_on_path(file.resolve().parent):
        try:
            spec.loader.exec_module(module)
        except BaseException as error:  # whatever a person's file does when it is run, sys.exit among it
            del sys.modules[name]
            if isinstance(error, KeyboardInterrupt | Stopped):
                raise
            raise UsageError(f"{path}{where_in(error, path)}: {describe(error)}") from None
    return module


def is_function(name: str) -> bool:
    """Whether it is the name of a function, "FILE.py:NAME" or "MODULE:NAME"; it need not be there."""
    return _FUNCTION.fullmatch(name) is not None


def load_function(name: str) -> Callable[..., Any]:
    """The function "FILE.py:NAME", whose file is loaded anew, or "MODULE:NAME", looked for in the working folder first.

    NAME may be that of something in a class. Raises UsageError where there is no such function.
    """
    where, _, path = name.rpartition(":")
    if not where or not path:
        raise UsageError(f"{name}: expected FILE.py:FUNCTION or MODULE:FUNCTION")
    value: Any = _loaded(where)
    for part in path.split("."):
        try:
            value = getattr(value, part)
        except AttributeError:
            known = [key for key in dir(value) if not key.startswith("_") and callable(getattr(value, key, None))]
            raise UsageError(f"{where}: there is no {path!r}{did_you_mean(part, known)}") from None
    if not callable(value):
        raise UsageError(f"{name}: expected a function, got {type(value).__name__}")
    return value  # type: ignore[no-any-return]


def _loaded(where: str) -> ModuleType:
    if where.endswith(".py"):
        if not Path(where).is_file():
            raise UsageError(f"{where}: there is no such file")
        return load_file(where)
    with _first_on_path(Path.cwd()):
        try:
            return importlib.import_module(where)
        except BaseException as error:  # whatever a person's module does when it is imported
            if isinstance(error, KeyboardInterrupt | Stopped):
                raise
            raise UsageError(f"{where}: {describe(error)}") from None


def takes_one(function: Callable[..., Any], value: object) -> bool:
    """Whether the function can be called with one value, as far as that is known."""
    return takes(function, value)


def takes(function: Callable[..., Any], *values: object) -> bool:
    """Whether the function can be called with these values, as far as that is known."""
    try:
        inspect.signature(function).bind(*values)
    except TypeError:
        return False
    except ValueError:  # it is written in C and does not say
        return True
    return True


@contextmanager
def _first_on_path(folder: Path) -> Iterator[None]:
    """What lies in the folder is found before all else meanwhile, and behind all others later: for what is imported
    only when something is called.
    """
    entry = str(folder)
    sys.path.insert(0, entry)
    try:
        yield
    finally:
        sys.path.remove(entry)
        if entry not in sys.path:
            sys.path.append(entry)


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
    return f"{type(error).__name__}: {original_names(text[0])}" if text else type(error).__name__


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
