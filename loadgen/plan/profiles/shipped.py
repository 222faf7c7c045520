"""The profiles that come with the program: package data in a wheel, the folder beside the package in a checkout."""

from pathlib import Path


def shipped_profiles() -> dict[str, Path]:
    """The file of each, in the order of the names: of one in YAML without ".yaml", of one in Python with its ".py"."""
    files = sorted((path.name.removesuffix(".yaml"), path) for path in _folder().iterdir())
    return {name: path for name, path in files if path.suffix in (".yaml", ".py")}


def shipped_file(name: str) -> Path | None:
    """The file of a profile, or one of data that a profile reads; None where there is none."""
    data = {path.name: path for path in _folder().glob("*.csv")}
    return shipped_profiles().get(name) or data.get(name)


def summary_of(path: Path) -> str:
    """The first line of a file's comment or docstring."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((line.strip('#" ') for line in lines if line.startswith(("#", '"""'))), "")


def _folder() -> Path:
    package = Path(__file__).resolve().parents[2]
    installed = package / "profiles"
    return installed if installed.is_dir() else package.parent / "profiles"
