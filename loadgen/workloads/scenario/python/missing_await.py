"""Calls that do nothing because nobody awaits them: a coroutine says so itself, a user's methods would not."""

import ast
from collections.abc import Iterator
from pathlib import Path

from loadgen.base.errors import UsageError

AWAITED = frozenset(
    ("get", "post", "put", "patch", "delete", "head", "options", "request", "grpc", "batch", "pause", "call")
)  # fmt: skip

_OURS = frozenset(("scenario", "per_user", "per_run"))
_TASKS = frozenset(("gather", "create_task", "ensure_future"))
_NO_AWAIT = "does nothing without `await` before it"
_AT_ONCE = 'is awaited by its user itself; several at once: `await {}.batch("/a", ("POST", "/b", {{"json": 1}}))`'


def refuse_missing_awaits(path: str) -> None:
    """Raises UsageError, with file and line, where an `async def` of the file calls a method of its user, which it was
    given as the first argument, and neither awaits it, nor returns it, nor hands it to a function of its own.
    """
    tree = ast.parse(Path(path).read_bytes(), path)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef) and node.args.args]
    ours = [function for function in functions if any(map(_is_ours, function.decorator_list))]
    users = {_written(function) for function in ours} | {function.args.args[0].arg for function in ours}
    for function in functions:
        if _written(function) in users:
            user = function.args.args[0].arg
            for call, method, why in _lost(function, user, _NO_AWAIT):
                raise UsageError(f"{path}:{call.lineno}: {user}.{method}(...) {why.format(user)}")


def _is_ours(decorator: ast.expr) -> bool:
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    return (named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", "")) in _OURS


def _written(function: ast.AsyncFunctionDef) -> str:
    """How its first argument is: a user by its type, or else by its name, as in the scenarios."""
    first = function.args.args[0]
    return first.arg if first.annotation is None else ast.unparse(first.annotation).strip("\"'")


def _lost(node: ast.AST, user: str, why: str) -> Iterator[tuple[ast.Call, str, str]]:
    """The calls inside of something that come to nothing, and why; `why` is "" where the value of `node` is used."""
    if isinstance(node, ast.Call) and why and (method := _method(node, user)):
        yield node, method, why
    for part in ast.iter_child_nodes(node):
        yield from _lost(part, user, _why_in(node, part, user, why))


def _why_in(node: ast.AST, part: ast.AST, user: str, why: str) -> str:
    """Why a call that is this part of a node would come to nothing."""
    match node:
        case ast.Await() | ast.Lambda() | ast.Return() | ast.Yield():
            return ""
        case ast.IfExp() | ast.BoolOp() | ast.keyword():
            return why
        case ast.Call() if part is not node.func:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            return _AT_ONCE if name in _TASKS or _method(node, user) == "batch" else ""
        case ast.List() | ast.Tuple() | ast.Set() | ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.Starred():
            return _AT_ONCE
    return _NO_AWAIT


def _method(call: ast.Call, user: str) -> str:
    """The method of the user's that it calls, of those that are to be awaited; "" for all other calls."""
    function = call.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == user:
        return function.attr if function.attr in AWAITED else ""
    return ""
