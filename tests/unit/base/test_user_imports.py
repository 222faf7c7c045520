"""What goes with a person's Python file, by what its text says."""

from pathlib import Path

import pytest

from loadgen.base.user_imports import Needs, needs_of, needs_of_module


def tree(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def found(needs: Needs, root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in needs.files}


def test_modules_and_packages_beside_it_go_along_with_all_that_these_import(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "shop.py": "import helper, json, locust\nfrom lib.sub import mod\nfrom bare import part",
            "helper.py": "def late():\n    import deep",
            "deep.py": "",
            "lib/__init__.py": "import other",
            "lib/sub/mod.py": "",
            "lib/words.txt": "",
            "lib/__pycache__/mod.pyc": "",
            "lib/.git/config": "",
            "bare/part.py": "",
            "other.py": "",
            "unrelated.py": "",
            "locust/__init__.py": "",
            "json/__init__/x.txt": "",  # a folder is no module where one is installed
        },
    )
    needs = needs_of(tmp_path / "shop.py", [tmp_path])
    assert found(needs, tmp_path) == {
        "shop.py", "helper.py", "deep.py", "lib/__init__.py", "lib/sub/mod.py", "lib/words.txt", "bare/part.py",
        "other.py",
    }  # fmt: skip
    assert needs.modules == {}


def test_data_beside_it_that_it_names_goes_along_and_nothing_from_elsewhere(tmp_path: Path) -> None:
    text = (
        "open('data/users.csv'); open('../up.csv'); open('/etc/hostname'); print('no.such', 'data', 'a.b\\n', 'of.csv')"
    )
    tree(tmp_path, {"up.csv": "", "of.csv": "", "in/shop.py": text, "in/data/users.csv": "", "in/left.csv": ""})
    needs = needs_of(tmp_path / "in/shop.py", [tmp_path / "in"], tmp_path)
    assert found(needs, tmp_path) == {"in/shop.py", "in/data/users.csv", "of.csv"}


def test_what_is_installed_is_needed_where_the_file_cannot_be_loaded_without(tmp_path: Path) -> None:
    optional = "try:\n    import hypothesis\nexcept ImportError:\n    pass"
    text = f"import os, pytest\nimport loadgen.scenario, no_such\n{optional}"
    tree(tmp_path, {"shop.py": text})
    assert needs_of(tmp_path / "shop.py", [tmp_path]).modules == {"pytest": "shop.py"}


@pytest.mark.parametrize("text", ["def (", "\0", "\xff"])
def test_what_is_no_python_goes_along_as_it_is(tmp_path: Path, text: str) -> None:
    tree(tmp_path, {"shop.py": text})
    assert found(needs_of(tmp_path / "shop.py", [tmp_path]), tmp_path) == {"shop.py"}


def test_a_module_is_found_by_its_name(tmp_path: Path) -> None:
    tree(tmp_path, {"jobs/__init__.py": "import helper", "jobs/resize.py": "", "helper.py": ""})
    assert found(needs_of_module("jobs.resize", tmp_path), tmp_path) == {
        "jobs/__init__.py", "jobs/resize.py", "helper.py",
    }  # fmt: skip
    assert needs_of_module("pytest.x", tmp_path).modules == {"pytest": "pytest.x"}
    assert needs_of_module("json", tmp_path) == Needs()
