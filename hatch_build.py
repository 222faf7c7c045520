"""What is made when a wheel is built: the manual page."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManualPage(BuildHookInterface):  # type: ignore[type-arg,misc]
    """Writes loadgen.1, which goes to share/man/man1 of where the wheel is installed."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        del version
        if self.target_name != "wheel":
            return
        sys.path.insert(0, self.root)
        from loadgen.cli.app import COMMANDS, command_of
        from loadgen.cli.manual import manual_page

        page = Path(self.root, "build", "loadgen.1")
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(manual_page({name: command_of(name) for name in COMMANDS}), "utf-8")
        build_data["shared_data"][str(page)] = "share/man/man1/loadgen.1"
