"""Checks as GitHub Actions shows them: an annotation for each one that is not plainly good."""

from collections.abc import Sequence

from loadgen.report.run.checks import Check


def render_annotations(checks: Sequence[Check]) -> str:
    """Workflow commands, one a line, each with its newline; the runner takes them from the output of a step."""
    return "".join(
        f"::{'warning' if check.passed else 'error'} title={_property(f'loadgen: {check.name}')}::"
        f"{_data(check.text or check.name)}\n"
        for check in checks
        if check.grade != "pass"
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
