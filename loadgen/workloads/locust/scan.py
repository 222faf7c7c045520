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

_HARMLESS = frozenset(("urllib.parse", "http.cookies", "http.client", "urllib.error", "http", "requests.exceptions"))


def blocking_imports(text: str, path: str) -> list[str]:
    """A line for each import of a module whose calls make all users of a loop wait."""
    notes = []
    for node in ast.walk(_parsed(text)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module if alias.name[:1].isupper() else f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.partition(".")[0] in _BLOCKING and not any(name.startswith(item) for item in _HARMLESS):
                notes.append(
                    f"{path}:{node.lineno}: calls of {name.partition('.')[0]} make all users wait; "
                    "--mode threads runs them side by side"
                )
    return list(dict.fromkeys(notes))


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
