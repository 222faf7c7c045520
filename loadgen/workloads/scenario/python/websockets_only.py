"""Whether users need a connection before their first journey: those that hold WebSockets alone do not."""

import ast
from pathlib import Path

REQUESTS = frozenset(
    ("get", "post", "put", "patch", "delete", "head", "options", "request", "grpc", "batch", "stream")
)  # fmt: skip


def websockets_only(path: str) -> bool:
    """Whether the file opens WebSockets, and nothing in it is called like a method that sends a request, nor comes from
    a file beside it, which may. A request that it sends all the same is sent on a connection that opens for it.
    """
    nodes = list(ast.walk(ast.parse(Path(path).read_bytes(), path)))
    sockets = {name for node in nodes if isinstance(node, ast.AsyncWith) for name in _sockets(node)} - {""}
    called = {node.attr for node in nodes if isinstance(node, ast.Attribute) and _name(node.value) not in sockets}
    modules = {name.name.partition(".")[0] for node in nodes if isinstance(node, ast.Import) for name in node.names}
    modules |= {(node.module or "").partition(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
    folder = Path(path).parent
    others = any((folder / name).is_dir() or (folder / f"{name}.py").is_file() for name in modules if name)
    return "websocket" in called and not called & REQUESTS and not others


def _sockets(block: ast.AsyncWith) -> set[str]:
    """What the WebSockets of a block are called in it: they have a `request` of their own."""
    return {
        _name(item.optional_vars)
        for item in block.items
        if isinstance(item.context_expr, ast.Call)
        and isinstance(item.context_expr.func, ast.Attribute)
        and item.context_expr.func.attr == "websocket"
    }


def _name(node: ast.expr | None) -> str:
    return node.id if isinstance(node, ast.Name) else ""
