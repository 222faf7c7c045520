"""Calls that do nothing because nobody awaits them: a coroutine says so itself, a user's methods would not."""

import ast
from collections.abc import Iterator
from pathlib import Path

from loadgen.base.errors import UsageError

AWAITED = frozenset(
    ("get", "post", "put", "patch", "delete", "head", "options", "request", "batch", "pause", "call")
)  # fmt: skip


def refuse_missing_awaits(path: str) -> None:
    """Raises UsageError, with file and line, where an `async def` of the file calls a method of its user, which it was
    given as the first argument, as a statement or for a variable without `await`.
    """
    text = Path(path).read_bytes()
    for function in ast.walk(ast.parse(text, path)):
        if isinstance(function, ast.AsyncFunctionDef) and function.args.args:
            for call, method in _calls(function, function.args.args[0].arg):
                user = function.args.args[0].arg
                raise UsageError(f"{path}:{call.lineno}: {user}.{method}(...) does nothing without `await` before it")


def _calls(function: ast.AsyncFunctionDef, user: str) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(function):
        call = node.value if isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign) else None
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr in AWAITED
            and isinstance(call.func.value, ast.Name)
            and call.func.value.id == user
        ):
            yield call, call.func.attr
