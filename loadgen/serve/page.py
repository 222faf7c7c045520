"""The page: what can be chosen, what runs, and what has run."""

from collections.abc import Sequence
from urllib.parse import quote

from loadgen.base.units import counted
from loadgen.report.draw.page import html_table, text
from loadgen.report.draw.style import format_rate
from loadgen.report.run.latency import format_quantile
from loadgen.report.run.outcome import outcome_text
from loadgen.results.requests import Latency
from loadgen.serve.control import Phase
from loadgen.serve.history import Kept
from loadgen.serve.limits import Field

SCRIPT = (
    "document.addEventListener('click',async e=>{const b=e.target.closest('button');if(!b)return;"
    "const all=s=>[...document.querySelectorAll(s)],said=document.getElementById('said');"
    "if(b.name==='compare'){location='compare'+q+all('input[name=of]:checked')"
    ".map(i=>'&of='+encodeURIComponent(i.value)).join('');return}"
    "b.disabled=true;said.textContent='';"
    "try{const r=await fetch(b.name,{method:'POST',headers:{'Content-Type':'application/json',"
    "'X-Loadgen-Token':new URLSearchParams(q).get('t')},"
    "body:JSON.stringify(Object.fromEntries(all('#control input').map(i=>[i.name,i.value])))});"
    "if(!r.ok)said.textContent=await r.text()}catch(x){said.textContent='loadgen serve does not answer'}"
    "b.disabled=false});"
)
"""A button does what it is named after, with what is typed beside it."""

WORDS: dict[Phase, str] = {
    "idle": "nothing runs",
    "running": "a run is under way",
    "draining": "draining: what is under way may end",
    "stopping": "stopping",
}


def control_part(title: str, phase: Phase, fields: Sequence[Field], limits: str, runs: int, changes: str) -> str:
    """What runs, and what can be done about it: the field named in `changes` may be changed. The runs are below."""
    can = (
        [*map(_input, fields), _button("start", "Start")]
        if phase == "idle"
        else _while_running(phase, [field for field in fields if field.name == changes])
    )
    link = f'; <a href="#runs">{counted(runs, "run")} saved</a>' if runs else ""
    what = f'<h1>{text(title)}</h1>\n<p class="soft">{text(f"{WORDS[phase]}; {limits}")}{link}</p>'
    return f'{what}\n<p class="controls">{" ".join(can)}</p>'


def _while_running(phase: Phase, fields: Sequence[Field]) -> list[str]:
    """All but `fields` is as it was when it began."""
    change = [*map(_input, fields), _button("change", "Change")] if fields else []
    ways = {"running": [*change, _button("drain", "Drain")], "stopping": []}.get(phase, [])
    return [*ways, _button("stop", "Stop now")] if phase != "stopping" else []


def _input(field: Field) -> str:
    """The most is beside it."""
    name, most = text(field.name), text(field.most)
    return f'<label>{text(field.label)} <input name="{name}" value="{text(field.given)}" size="8"> of {most}</label>'


def _button(name: str, word: str) -> str:
    return f'<button name="{name}">{word}</button>'


def runs_part(kept: Sequence[Kept], token: str) -> str:
    """The runs, the newest first."""
    if not kept:
        return '<h2>Runs</h2>\n<p class="soft">none yet</p>'
    rows = [_row(run, token) for run in reversed(kept)]
    table = html_table(("", "began (UTC)", "", "good/s", "p99", ""), rows)
    compare = f"<p>{_button('compare', 'Compare those that are ticked')}</p>" if len(kept) > 1 else ""
    return f"<h2>Runs</h2>\n{table}\n{compare}"


def _row(run: Kept, token: str) -> list[str]:
    result = run.result
    p99 = result.latency_ms.get("response", Latency()).p99
    key = quote(token)
    links = " · ".join(
        f'<a href="runs/{text(run.name)}.{form}?t={key}{save}">{word}</a>'
        for form, save, word in (
            ("html", "", "report"), ("html", "&amp;save=1", "HTML"), ("json", "&amp;save=1", "JSON"),
        )
    )  # fmt: skip
    return [
        f'<input type="checkbox" name="of" value="{text(run.name)}" aria-label="compare">',
        text(result.started_at[:19].replace("T", " ")),
        f'<div class="why word">{text(outcome_text(result))}</div>',
        text(format_rate(result.rate.ok_rps)),
        text(format_quantile(p99)),
        links,
    ]
