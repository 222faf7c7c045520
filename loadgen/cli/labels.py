"""`--label KEY=VALUE`: what a result is of, beside its plan; the commit comes from CI by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from loadgen.base.errors import UsageError
from loadgen.results.result import Result

COMMIT = "commit"
COMMITS = ("GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT", "BUILDKITE_COMMIT")
"""The variables of GitHub Actions, GitLab, Jenkins and Buildkite."""


def parse_labels(given: Sequence[str] | None, environment: Mapping[str, str]) -> dict[str, str]:
    """Those that were given, and the commit where CI tells one. Raises UsageError."""
    commits = [environment[name] for name in COMMITS if environment.get(name)]
    labels = {COMMIT: commits[0]} if commits else {}
    texts = given or environment.get("LOADGEN_LABEL", "").splitlines()
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"--label: expected KEY=VALUE, got {text!r}")
        labels[key.strip()] = value.strip()
    return labels


def labelled(result: Result, labels: Mapping[str, str]) -> Result:
    """The result with its labels."""
    return replace(result, labels=dict(labels)) if labels else result
