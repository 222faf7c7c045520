"""The profiles that come with the program: package data in a wheel, the folder beside the package in a checkout."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ShippedProfile:
    """`summary` is the first comment line of the file."""

    name: str
    path: Path
    summary: str


def shipped_profiles() -> tuple[ShippedProfile, ...]:
    """All of them, by name."""
    return tuple(ShippedProfile(path.stem, path, _summary(path)) for path in sorted(_folder().glob("*.yaml")))


def find_shipped(name: str) -> Path | None:
    """The file of the profile `name`, without ".yaml"; None where there is none."""
    return next((profile.path for profile in shipped_profiles() if profile.name == name), None)


def _folder() -> Path:
    package = Path(__file__).resolve().parents[2]
    installed = package / "profiles"
    return installed if installed.is_dir() else package.parent / "profiles"


def _summary(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((line.lstrip("# ").strip() for line in lines if line.startswith("#")), "")
