"""Checks as JUnit XML: a test case for each.

Valid against the schema of the Jenkins xUnit plug-in (junit-10.xsd); GitLab reads a part of it. `failure` was judged
and found too bad, `error` could not be judged, `skipped` is a warning and passes. What was seen is the case's output.
"""

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from loadgen.report.run.checks import Check, Grade
from loadgen.results.result import Result

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAGS: dict[Grade, str] = {"warn": "skipped", "fail": "failure", "error": "error"}


def render_junit(result: Result, checks: Sequence[Check], report: str) -> str:
    """The file's text. `report` is what a person reads, and becomes the standard output of the suite."""
    root = ET.Element("testsuites")
    grades = [check.grade for check in checks]
    suite = _child(
        root, "testsuite",
        name=f"loadgen {result.plan.get('name', '')}".strip(),
        package="loadgen",
        id="0",
        timestamp=result.started_at[:19] or "1970-01-01T00:00:00",
        hostname="localhost",
        tests=str(len(checks)),
        failures=str(grades.count("fail")),
        errors=str(grades.count("error")),
        skipped=str(grades.count("warn")),
        time=f"{result.duration_s:.3f}",
    )  # fmt: skip
    properties = _child(suite, "properties")
    for name in ("loadgen", "python", "cpu", "cores"):
        if name in result.environment:
            _child(properties, "property", name=name, value=str(result.environment[name]))
    for check in checks:
        _add_case(suite, check, result.duration_s)
    _child(suite, "system-out").text = _xml(report)
    _child(suite, "system-err")
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _add_case(suite: ET.Element, check: Check, duration_s: float) -> None:
    case = _child(suite, "testcase", classname=f"loadgen.{check.group}", name=check.name, time=f"{duration_s:.3f}")
    if check.grade != "pass":
        text = check.text or check.grade
        _child(case, _TAGS[check.grade], message=text, type=check.group).text = _xml(f"{check.name}: {text}")
    if check.text:
        _child(case, "system-out").text = _xml(check.text)


def _child(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, tag, {name: _xml(" ".join(value.split())) for name, value in attributes.items()})


def _xml(text: str) -> str:
    """`text` without characters that XML cannot hold."""
    return _NOT_XML.sub("?", text)
