"""A page that is one file: no script, nothing from elsewhere, light or dark as its reader has it."""

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from loadgen.report.draw.style import clean

STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --soft: #60656c; --line: #d9dce1; --paper: #ffffff;
  --good: #0b7a4b; --bad: #c02f27; --loud: #fff3d6; --loud-ink: #6b4a00;
  --c0: #1f66c1; --c1: #d2601a; --c2: #14856b; --c3: #a23b8f;
  --c4: #8a6d00; --c5: #0f8fb3; --c6: #b3283c; --c7: #5f5aa8; }
@media screen and (prefers-color-scheme: dark) { :root {
  --ink: #e6e8eb; --soft: #9ba1a8; --line: #34383e; --paper: #15181c;
  --good: #4cc38a; --bad: #ff8a7f; --loud: #3a2d0b; --loud-ink: #ffd479;
  --c0: #6aa9ff; --c1: #ff9a57; --c2: #41c7a4; --c3: #e07fcd;
  --c4: #d8b73c; --c5: #5cc8e8; --c6: #ff7d8d; --c7: #aaa4f5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.35rem; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 1.05rem; margin: 2.5rem 0 .5rem; }
p { margin: .4rem 0; } .soft, footer { color: var(--soft); } footer { margin-top: 2.5rem; font-size: .87rem; }
.loud { background: var(--loud); color: var(--loud-ink); padding: .6rem .9rem; border-radius: 6px; font-weight: 600; }
ul { padding-left: 1.2rem; } .scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 500; } th:first-child, td:first-child { text-align: left; padding-left: 0; }
td:last-child, th:last-child { padding-right: 0; } .word { text-align: left; }
.better { color: var(--good); font-weight: 600; } .worse { color: var(--bad); font-weight: 600; }
svg { display: block; width: 100%; height: auto; } td svg { width: 150px; height: 18px; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; } svg .label { fill: var(--ink); }
.end { text-anchor: end; } .middle { text-anchor: middle; }
.grid { stroke: var(--line); stroke-width: 1; } .axis { stroke: var(--soft); stroke-width: 1; }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; } .few { stroke-width: 1; stroke-dasharray: 2 3; }
.ring { stroke: var(--paper); stroke-width: 1.5; } .hit { fill: transparent; stroke: none; }
.whisker { stroke: var(--soft); stroke-width: 2; } .dot { fill: var(--soft); stroke: none; }
.better .whisker { stroke: var(--good); } .better .dot { fill: var(--good); }
.worse .whisker { stroke: var(--bad); } .worse .dot { fill: var(--bad); } .bar { fill: var(--c0); stroke: none; }
.big { white-space: pre-wrap; font-size: 1.25rem; font-weight: 600; margin: .8rem 0; }
.why { white-space: normal; overflow-wrap: anywhere; min-width: 9rem; }
pre { margin: .3rem 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .8rem; }
.pinned th:last-child, .pinned td:last-child { position: sticky; right: 0; background: var(--paper);
  text-align: left; padding-left: .7rem; }
@media (max-width: 42rem) { .chart { min-width: 48rem; } svg text { font-size: 14px; } th, td { padding: .3rem .4rem; }
  .pinned td svg { width: 90px; } }
@media print { body { max-width: none; padding: 0; font-size: 11px; } .scroll { overflow: visible; }
  .chart { min-width: 0; } svg, tr { break-inside: avoid; } h2 { break-after: avoid; } }
"""
CONTROLS = """
label { margin-right: .8rem; white-space: nowrap; } button, input { font: inherit; } button { cursor: pointer; }
button, input { padding: .15rem .5rem; } .controls { margin: .8rem 0 1.6rem; padding-bottom: 1.2rem;
  border-bottom: 1px solid var(--line); } .controls > * { margin-bottom: .4rem; }
"""
"""Of a page that does something."""

COLOURS = 8
HEATS = 5
MACHINE = ("loadgen", "python", "cpu", "cores", "system")
_SWATCHES = "".join(f".s{n} {{ stroke: var(--c{n}); }} .f{n} {{ fill: var(--c{n}); }}\n" for n in range(COLOURS))
_HEATS = "".join(f".h{n} {{ fill: var(--c0); fill-opacity: {((n + 1) / HEATS) ** 1.3:.2f}; }}\n" for n in range(HEATS))


def html_page(title: str, body: str, script: str = "") -> str:
    """The whole document. `title` is plain text, `body` is HTML. A `script`, of a live page, may ask its server."""
    style = STYLE + _SWATCHES + _HEATS + (CONTROLS if script else "")
    policy = f"default-src 'none'; style-src '{_digest(style)}'; base-uri 'none'; form-action 'none'"
    if script:
        policy += f"; script-src '{_digest(script)}'; connect-src 'self'"
        body += f"\n<script>{script}</script>"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _digest(source: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(source.encode()).digest()).decode()}"


def html_table(heads: Iterable[str], rows: Iterable[Iterable[str]], *, pinned: bool = False) -> str:
    """Cells are HTML already. The last column, a verdict, stays in sight on a narrow screen where it is `pinned`."""
    head = "".join(f"<th>{cell}</th>" for cell in heads)
    body = "\n".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    kind = ' class="pinned"' if pinned else ""
    return f'<div class="scroll"><table{kind}>\n<tr>{head}</tr>\n{body}\n</table></div>'


def made(started_at: str, environment: Mapping[str, Any]) -> str:
    """When and where a run was made, as HTML."""
    known = [f"{key} {environment[key]}" for key in MACHINE if environment.get(key)]
    return text(" · ".join([*([started_at] if started_at else []), *known]))


def text(value: str) -> str:
    """Plain text as HTML, for elements and for quoted attributes."""
    return escape(clean(value))
