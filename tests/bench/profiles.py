"""Profiles that the benchmarks write for loadgen: ten weighted requests, fixed or filled anew, and 10,000 URLs."""

from pathlib import Path

WEIGHTS = (10, 9, 8, 7, 6, 5, 4, 3, 2, 1)
VARIABLES = """\
variables:
  id: {random: [1, 10000]}
  turn: {sequence: 1}
  color: {choice: [red, green, blue]}
  trace: {uuid: true}
"""
FIXED = {"${id}": "1234", "${turn}": "567", "${color}": "green", "${trace}": "0b6c2b0e-52c4-4a3e-9d1f-6f7c2f1f4a11"}


def changing(folder: Path, url: str) -> Path:
    """Ten requests; each has an id, a sequence number or a choice in its path, one in three a new UUID in a header."""
    return _write(folder / "changing.yaml", f"target: {url}\n{VARIABLES}{_ten_requests()}")


def fixed(folder: Path, url: str) -> Path:
    """The same ten requests with values that stay."""
    text = _ten_requests()
    for place, value in FIXED.items():
        text = text.replace(place, value)
    return _write(folder / "fixed.yaml", f"target: {url}\n{text}")


def distinct_urls(folder: Path, url: str) -> Path:
    """One request whose query is one of 10,000."""
    text = f"target: {url}\nvariables:\n  id: {{random: [1, 10000]}}\nrequests:\n  - path: /12?id=${{id}}\n"
    return _write(folder / "distinct.yaml", text)


def _ten_requests() -> str:
    places = ("${id}", "${turn}", "${color}")
    lines = ["requests:"]
    for index, weight in enumerate(WEIGHTS):
        lines += [
            f"  - name: request-{index}",
            f"    weight: {weight}",
            f"    path: /12?value={places[index % 3]}",
        ]
        if index % 3 == 0:
            lines += ["    headers:", "      X-Trace: ${trace}"]
    return "\n".join(lines) + "\n"


def _write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path
