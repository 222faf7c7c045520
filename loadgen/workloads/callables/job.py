"""A function as a job: loaded once in the parent, so that what is wrong with it is said before anything runs."""

import inspect
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from loadgen.base.errors import UsageError
from loadgen.base.user_code import load_function, takes_one
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.workloads.scenario.python.file import digest


def callable_job(job: ScenarioJob) -> ScenarioJob:
    """The job with what its function's file holds. Raises UsageError for a function that cannot be called so."""
    assert job.function is not None
    return replace(job, digest=digest_of(load_callable(job.function)))


def load_callable(name: str) -> Callable[[int], Any]:
    """The function, loaded anew, which takes the number of a call. Raises UsageError."""
    function = load_function(name)
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise UsageError(f"{name}: it has a yield, so that to call it does nothing; expected a function that returns")
    if not takes_one(function, 0):
        short = name.rpartition(":")[2]
        raise UsageError(f"{name} is called with one number, from 0 on: `def {short.rpartition('.')[2]}(index)`")
    return function


def digest_of(function: Callable[..., Any]) -> str:
    """The SHA-256 of the file that the function is in; "" where there is none."""
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    file = getattr(module, "__file__", None)
    return digest(file) if file and Path(file).suffix == ".py" else ""
