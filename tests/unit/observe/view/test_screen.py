from loadgen.observe.view.screen import BEGIN, END, Screen

SIZE = (80, 2)


def test_only_lines_that_changed_are_sent() -> None:
    screen = Screen()
    first = screen.frame(["a", "b"], SIZE)
    assert first == f"{BEGIN}\x1b[2J\x1b[1;1Ha\x1b[K\x1b[2;1Hb\x1b[K{END}"
    screen.taken(["a", "b"], SIZE)
    assert screen.frame(["a", "c"], SIZE) == f"{BEGIN}\x1b[2;1Hc\x1b[K{END}"
    assert screen.frame(["a", "b"], SIZE) == ""


def test_what_was_not_taken_is_sent_again() -> None:
    screen = Screen()
    assert screen.frame(["a"], SIZE) == screen.frame(["a"], SIZE)


def test_another_size_clears_the_screen() -> None:
    screen = Screen()
    screen.taken(["a", "b"], SIZE)
    assert "\x1b[2J" in screen.frame(["a", "b"], (100, 2))
