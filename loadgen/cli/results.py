"""`--results FILE`: what the calls of a function returned, collected while they run and written at the end."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from loadgen.base.files import write_whole
from loadgen.base.imported import imported
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan


class ResultsFile:
    """Without a name nothing is collected. `plan` is the plan that collects."""

    def __init__(self, plan: Plan, file: str | None) -> None:
        self.plan = plan
        self._file = file
        self._folder = ""
        if file is not None and isinstance(plan.job, ScenarioJob):
            self._folder = tempfile.mkdtemp(prefix="loadgen-")
            self.plan = replace(plan, job=replace(plan.job, results=self._folder))

    def write(self) -> None:
        """Write it, whole or not at all. Raises UsageError where that cannot be."""
        if self._file is not None and self._folder:
            try:
                write_whole(Path(self._file), self._merged())
            finally:
                self.close()

    def _merged(self) -> str:
        merged: str = imported("loadgen.workloads.callables.results", "merged")(self._folder, self.plan.requests_limit)
        return merged

    def close(self) -> None:
        """What was collected is not needed any more."""
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = ""
