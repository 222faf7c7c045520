"""What a locustfile's text says before it is run."""

import ast

_BLOCKING = frozenset(
    (
        "requests", "urllib3", "httpx", "urllib", "http", "socket", "websocket", "websockets", "paho", "grpc",
        "pymongo", "psycopg2", "psycopg", "redis", "pika", "socketio", "boto3", "mysql", "pymysql", "sqlalchemy",
        "kafka", "confluent_kafka", "stomp", "zeep", "paramiko", "ldap3", "pysolr", "elasticsearch",
    )
)  # fmt: skip
"""Modules whose calls wait in a socket of their own."""

_OF_REQUESTS = (
    "adapters", "auth", "codes", "ConnectionError", "cookies", "exceptions", "HTTPError", "models", "packages",
    "RequestException", "Response", "status_codes", "structures", "Timeout", "utils",
)  # fmt: skip
_HARMLESS = frozenset(
    (
        "urllib.parse", "urllib.error", "http.cookies", "http.client", "http.HTTPStatus", "urllib3.disable_warnings",
        "urllib3.exceptions", *(f"requests.{name}" for name in _OF_REQUESTS),
    )
)  # fmt: skip
"""What is in such modules and waits for nothing."""


def blocking_imports(text: str, path: str) -> list[str]:
    """A line for each import of a module whose calls make all users of a loop wait."""
    tree = _parsed(text)
    used = _attributes(tree)
    notes = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [name for alias in node.names for name in used.get(alias.asname or alias.name, {alias.name})]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            module = name.partition(".")[0]
            if module in _BLOCKING and not any(f"{name}.".startswith(f"{item}.") for item in _HARMLESS):
                why = f"calls of {module} make all users wait; --mode threads runs them side by side"
                notes.append(f"{path}:{node.lineno}: {why}")
    return list(dict.fromkeys(notes))


def _attributes(tree: ast.AST) -> dict[str, set[str]]:
    """What of each module that is imported by its own name is used: "requests.get"."""
    modules = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    used: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            used.setdefault(node.value.id, set()).add(f"{modules[node.value.id]}.{node.attr}")
    return used


def skips_certificates(text: str) -> bool:
    """Whether it asks not to verify certificates: `verify=False`, `client.verify = False`."""
    for node in ast.walk(_parsed(text)):
        if isinstance(node, ast.keyword) and node.arg == "verify" and _is_false(node.value):
            return True
        if (
            isinstance(node, ast.Assign)
            and _is_false(node.value)
            and any(isinstance(target, ast.Attribute) and target.attr == "verify" for target in node.targets)
        ):
            return True
    return False


def _parsed(text: str) -> ast.AST:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False
