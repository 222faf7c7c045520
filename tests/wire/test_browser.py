"""The pages in a real browser, where there is one."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import BROWSER, Browser
from tests.support.command import MODES, Command

pytestmark = [
    pytest.mark.slow,  # a browser takes a second to start
    pytest.mark.skipif(BROWSER is None, reason="there is no Chromium"),
]


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with Browser(tmp_path / "browser") as made:
        yield made


def address(command: Command) -> str:
    assert command._process.stderr is not None
    line = command._process.stderr.readline()
    found = re.search(r"http://\S+\?t=[\w-]+", line)
    assert found, line
    return found[0]


def test_an_open_tab_has_the_finished_report_when_the_run_is_gone(browser: Browser, url: str) -> None:
    with Command("run", url, "-R", "50", "-d", "60s", *MODES["pool"], "-q", "--web") as command:
        tab = browser.open(address(command))
        tab.wait_for("/running, [1-9]/.test(document.body.innerText)")
        tab.value("location.reload()")
        tab.wait_for("document.readyState === 'complete' && document.querySelectorAll('svg').length > 1")
        command.send(signal.SIGINT)  # not before the page is there, however slow the browser is
        finished = command.finish()
        assert finished.code == 105
    sent = re.search(r"[\d,]+ sent", finished.out)
    assert sent
    tab.wait_for("[...document.querySelectorAll('h2')].some(h => h.innerText.startsWith('Verdict'))")
    assert tab.value(f"document.body.innerText.includes({sent[0]!r})")


def test_a_run_is_started_and_stopped_by_hand_and_not_by_another_origin(
    browser: Browser, url: str, tmp_path: Path
) -> None:
    argv = ("serve", url, "-R", "20", "-d", "60s", "--processes", "1", "--limit-rate", "200", "--save", tmp_path / "r")
    with Command(*argv, "-q") as command:
        at = address(command)
        token = at.partition("?t=")[2]
        mine, theirs = browser.open(at), browser.open(f"{url}/")
        base = at.partition("/?")[0]
        for more in ("", ", mode: 'no-cors'"):
            tried = f"fetch('{base}/start?t={token}', {{method: 'POST', body: '{{}}'{more}, headers: "
            tried += f"{{'X-Loadgen-Token': '{token}'}}}}).then(r => r.type, e => 'refused')"
            assert theirs.value(tried) == ("opaque" if more else "refused")
        assert theirs.value(f"fetch('{base}/?t={token}').then(r => r.text(), e => 'refused')") == "refused"
        assert "nothing runs" in mine.value("document.body.innerText")

        mine.type("[name=rate]", "500")
        mine.click("[name=start]")
        mine.wait_for("document.getElementById('said').innerText === 'rate: 500 is above the limit, 200'")
        mine.type("[name=rate]", "50")
        mine.click("[name=start]")
        mine.wait_for("/running, [1-9]/.test(document.body.innerText)")
        mine.type("[name=rate]", "100")
        mine.click("[name=change]")
        mine.click("[name=drain]")
        mine.wait_for("document.body.innerText.includes('nothing runs')")
        mine.wait_for("document.body.innerText.includes('stopped from the page')")
        mine.type("[name=duration]", "1s")
        mine.click("[name=start]")
        mine.wait_for("document.querySelectorAll('[name=of]').length === 2")
        mine.value("document.querySelectorAll('[name=of]').forEach(box => box.checked = true)")
        mine.click("[name=compare]")
        mine.wait_for("document.body.innerText.includes(' against ')")
        command.send(signal.SIGINT)
        assert command.finish().code == 0
