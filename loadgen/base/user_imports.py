"""What a person's Python file needs beside itself, as far as its text says: nothing is run to find out."""

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import field
from importlib.util import find_spec
from pathlib import Path

from loadgen.base.dataclass import dataclass

MOST_FILES = 2000
"""A scenario and what it imports are tens of files; a folder with more of them is something else."""

OURS = frozenset(("loadgen", "locust", "gevent"))
"""What a file gets of loadgen itself, whatever lies beside it."""


@dataclass(slots=True)
class Needs:
    """`files`: the file, the modules and packages that it imports from the folders, and the data beside it that it
    names, in the order in which they were found. `modules`: what is installed and imported by one of them at its top,
    with the name of the file that does."""

    files: dict[Path, None] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)


def needs_of(file: Path, folders: Sequence[Path], working: Path | None = None) -> Needs:
    """What goes with the file: what it imports is looked for in these folders before all others, the data that it names
    there and in the `working` folder.

    Of a package all its files do. What a name made while it runs leads to is not found. At most MOST_FILES.
    """
    needs = Needs()
    waiting = [file]
    while waiting and len(needs.files) <= MOST_FILES:
        found = waiting.pop()
        if found in needs.files:
            continue
        needs.files[found] = None
        if found.suffix == ".py":
            waiting += _beside(found, folders, working, needs)
    return needs


def needs_of_module(name: str, folder: Path) -> Needs:
    """The same of a module or package, by its dotted name, in the folder; where it is not in it, it is installed."""
    needs = Needs()
    first = name.partition(".")[0]
    own = _own(first, folder)
    if not own and first not in sys.stdlib_module_names:
        needs.modules[first] = name
    for file in own:
        found = needs_of(file, [folder], folder)
        needs.files.update(found.files)
        needs.modules.update(found.modules)
    return needs


def _beside(file: Path, folders: Sequence[Path], working: Path | None, needs: Needs) -> Iterator[Path]:
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):  # whoever runs it says so
        return
    for name, at_top in _imports(tree):
        if name in OURS:
            continue
        own = next(filter(None, (_own(name, folder) for folder in folders)), [])
        yield from own
        if not own and at_top and name not in sys.stdlib_module_names and _is_installed(name):
            needs.modules.setdefault(name, file.name)
    for text in _texts(tree):
        for folder in dict.fromkeys([*folders, *([working] if working else [])]):
            named = folder / text
            if ".." not in named.parts and named.is_file():
                yield named


def _imports(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """The first names of what is imported, and whether the file cannot be loaded without."""
    at_top = set(map(id, tree.body))
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                for alias in node.names:
                    yield alias.name.partition(".")[0], id(node) in at_top
            case ast.ImportFrom(level=0, module=str(module)):
                yield module.partition(".")[0], id(node) in at_top


def _own(name: str, folder: Path) -> list[Path]:
    """The files of a module or package in the folder; none where it is not there."""
    package = folder / name
    if (package / "__init__.py").is_file() or (package.is_dir() and not _is_installed(name)):
        return [path for path in sorted(package.rglob("*")) if path.is_file() and _is_shown(path.relative_to(folder))]
    module = folder / f"{name}.py"
    return [module] if module.is_file() else []


def _is_shown(path: Path) -> bool:
    return not any(part.startswith(".") or part == "__pycache__" for part in path.parts)


def _is_installed(name: str) -> bool:
    """Whether there is one that a folder without `__init__.py` does not stand for."""
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        return False
    return spec is not None and spec.origin is not None


def _texts(tree: ast.Module) -> Iterator[str]:
    """Texts that may be names of files beside it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
            if "." in text and len(text) < 256 and text.isprintable() and not text.startswith(("/", "~")):
                yield text
