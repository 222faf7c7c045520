from dataclasses import replace

from loadgen.report.files.markdown import render_markdown
from loadgen.report.run.html import run_html
from loadgen.report.run.machines import MOST_ROWS, machines_table
from loadgen.report.run.run_report import RunReport
from loadgen.report.run.text import render_text
from loadgen.results.requests import Ledger
from loadgen.results.result import Generator, MachineRow, Machines, Result

ROW = MachineRow("machine 1 (ssh host2)", 4, 0, 4, Ledger(5000, 5000, 0, 4990, 10), clock_bound_ms=0.125)
LOST = MachineRow("machine 2 (ssh host3)", 16, 4, 16, Ledger(123, 123, 0, 123), lost="cut off", unaccounted_at_most=40)
MACHINES = Machines([ROW, LOST], start_spread_ms=0.5, stop_spread_ms=12.25, unaccounted_at_most=40)


def table(machines):
    return "\n".join(line.paint(80, colour=False) for line in machines_table(Result(machines=machines), 80))


def test_a_row_for_each_machine_and_how_near_they_were():
    assert table(MACHINES) == (
        "Machine                cores   sent  failed     clock  verdict\n"
        "machine 1 (ssh host2)      4  5,000      10  +-125 us  valid\n"
        "machine 2 (ssh host3)     16    123       0         -  lost\n"
        "  They were to begin within 500 us and stopped within 12.2 ms of each other."
    )


def test_a_long_name_is_cut_where_it_differs_least_and_the_verdict_stays():
    pods = [replace(LOST, name=f"machine {n} (...l exec -i -n load-tests loadgen-{n} --)") for n in (1, 2)]
    lines = table(Machines(pods)).splitlines()
    assert lines[1] == "machine 1 (...… -n load-tests loadgen-1 --)     16   123       0      -  lost"
    assert "loadgen-2" in lines[2]
    narrow = [line.text for line in machines_table(Result(machines=Machines(pods)), 50)]
    assert narrow[1] == "machi…dgen-1 --)     16   123       0      -  lost"


def test_a_run_that_never_began_says_nothing_of_that():
    assert "They" not in table(Machines([ROW]))
    assert machines_table(Result(), 80) == []


def test_very_many_machines_are_cut_short():
    text = table(Machines([replace(ROW, name=f"machine {number}") for number in range(MOST_ROWS + 3)]))
    assert text.endswith("... and 3 more: all are in the file that -o saves")


def test_what_lost_machines_may_have_sent_stands_with_the_verdict():
    result = Result(ledger=Ledger(10, 10, 0, 10), machines=MACHINES, generator=Generator(verdict="invalid"))
    text = render_text(result)
    assert "Lost machines may have sent 40 requests more, which are in no figure." in text
    assert text.index("Lost machines") < text.index("Machine  ")


def test_the_page_says_of_each_machine_what_is_to_be_said_of_it_alone():
    far = replace(ROW, name="machine 3 <b>", service_p50_ms=12.0, verdict="limited", reasons=["it has another way"])
    late = replace(ROW, gate_early_ms=-12.5, silent_ms=1200.0)
    page = run_html(RunReport((Result(machines=replace(MACHINES, rows=[far, LOST, late])),)))
    assert "<h2>Machines</h2>" in page
    for text in (
        'machine 3 &lt;b&gt;<div class="soft">it has another way</div>', "12.0 ms", "12.5 ms after", "1.20 s",
        "it may have sent 40 requests more than it told", '<span class="worse">lost</span>', "+-125 us",
        "stopped within 12.2 ms of each other",
    ):  # fmt: skip
        assert text in page
    assert "Machines</h2>" not in run_html(RunReport((Result(),)))


def test_markdown_has_a_row_for_each():
    lines = render_markdown(Result(machines=MACHINES), []).splitlines()
    at = lines.index("| Machine | cores | sent | failed | clock | verdict |")
    assert lines[at + 2 : at + 6] == [
        "| machine 1 (ssh host2) | 4 | 5,000 | 10 | +-125 us | valid |",
        "| machine 2 (ssh host3) | 16 | 123 | 0 | - | lost |",
        "",
        "They were to begin within 500 us and stopped within 12.2 ms of each other.",
    ]
    assert "Machine" not in render_markdown(Result(), [])
