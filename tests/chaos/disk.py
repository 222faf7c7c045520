"""Folders on small disks of their own, where whoever runs this may mount one."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.case import Disk


@contextmanager
def small_disk(folder: Path, disk: Disk) -> Iterator[None]:
    """Mount one on the folder, which is empty; without the right to do so it stays as it is."""
    inodes = f",nr_inodes={disk.inodes}" if disk.inodes else ""
    options = f"size={disk.kib}k{inodes}"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], capture_output=True, check=False)
    try:
        yield
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "-l", folder], check=True)
