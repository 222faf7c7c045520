"""What a command imports when it needs it."""

import gc
import sys
from pathlib import Path

import pytest

from loadgen.base.imported import imported


def test_what_is_imported_stays_and_is_not_looked_at_by_the_collector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "of_a_test.py").write_text("import gc\nCOLLECTS = gc.isenabled()\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    frozen = gc.get_freeze_count()
    try:
        assert imported("of_a_test", "COLLECTS") is False
        assert (gc.isenabled(), gc.get_freeze_count() > frozen) == (True, True)
        frozen = gc.get_freeze_count()
        imported("of_a_test", "COLLECTS")
        assert gc.get_freeze_count() == frozen, "what is there already costs nothing"
    finally:
        del sys.modules["of_a_test"]


def test_the_collector_is_on_again_after_an_import_that_failed() -> None:
    with pytest.raises(ModuleNotFoundError):
        imported("loadgen.nothing_of_this_name", "x")
    assert gc.isenabled()
