"""The profiles that come with the program: package data in a wheel, the folder beside the package in a checkout."""

from pathlib import Path


def shipped_profiles() -> dict[str, Path]:
    """The file of each, by its name without ".yaml", in the order of the names."""
    package = Path(__file__).resolve().parents[2]
    installed = package / "profiles"
    folder = installed if installed.is_dir() else package.parent / "profiles"
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def summary_of(path: Path) -> str:
    """The first comment line of a file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((line.lstrip("# ").strip() for line in lines if line.startswith("#")), "")
