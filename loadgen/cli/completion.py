"""Scripts with which shells complete commands and options: they know all of them, and start no process to ask."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from loadgen.base.dataclass import dataclass
from loadgen.cli.signature import flags_of

HELP = ("-h", "--help")
FRONT_DOORS = ("wrk", "hey", "ab")


@dataclass(frozen=True, slots=True)
class KnownCommand:
    """One command, by the words that call it: its flags, and the first sentence of its help."""

    words: tuple[str, ...]
    flags: tuple[str, ...]
    help: str


def known_commands(commands: Mapping[str, type[Any]]) -> list[KnownCommand]:
    """All of them, and those in them."""
    found = []
    for name, command in commands.items():
        inner = getattr(command, "commands", {})
        found.append(_known((name,), command, has_options=not inner))
        found += [_known((name, word), one, has_options=True) for word, one in inner.items()]
    return found


def _known(words: tuple[str, ...], command: type[Any], *, has_options: bool) -> KnownCommand:
    flags = [flag for group in flags_of(command) for flag in group] if has_options else []
    return KnownCommand(words, (*flags, *HELP), " ".join((command.__doc__ or "").split("\n\n")[0].split()))


def _first_words(commands: Sequence[KnownCommand]) -> str:
    return " ".join([*(known.words[0] for known in commands if len(known.words) == 1), *FRONT_DOORS, "help", "version"])


def _inner_words(commands: Sequence[KnownCommand]) -> dict[str, list[str]]:
    inner: dict[str, list[str]] = {}
    for known in commands:
        if len(known.words) == 2:
            inner.setdefault(known.words[0], []).append(known.words[1])
    return inner


def bash_script(commands: Sequence[KnownCommand]) -> str:
    """For `source <(loadgen completion bash)`."""
    inner = _inner_words(commands)
    cases = [f"        '{' '.join(known.words)}') flags='{' '.join(known.flags)}' ;;" for known in commands]
    words = [f"        '{name}') words='{' '.join(names)}' ;;" for name, names in inner.items()]
    return "\n".join(
        [
            "_loadgen() {",
            "    local current=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words= flags=",
            '    case "$command" in',
            *words,
            "    esac",
            '    [[ -n $words && $COMP_CWORD -gt 2 ]] && command="$command ${COMP_WORDS[2]}"',
            '    case "$command" in',
            *cases,
            "    esac",
            f"    [[ $COMP_CWORD -eq 1 ]] && words='{_first_words(commands)}'",
            "    [[ $COMP_CWORD -gt 2 ]] && words=",
            '    [[ $current == -* ]] && words="${flags:---help --version}"',
            '    COMPREPLY=($(compgen -W "$words" -- "$current"))',
            "}",
            "complete -o default -F _loadgen loadgen",
            "",
        ]
    )


def zsh_script(commands: Sequence[KnownCommand]) -> str:
    """For `source <(loadgen completion zsh)`, or as `_loadgen` in a folder of fpath."""
    inner = _inner_words(commands)
    cases = [f"        '{' '.join(known.words)}') flags=({' '.join(known.flags)}) ;;" for known in commands]
    first = [f"        '{name}') inner=({' '.join(names)}) ;;" for name, names in inner.items()]
    return "\n".join(
        [
            "#compdef loadgen",
            "_loadgen() {",
            "    local command=$words[2]",
            "    local -a flags inner",
            '    case "$command" in',
            *first,
            "    esac",
            '    (( $#inner && CURRENT > 3 )) && command="$command $words[3]"',
            '    case "$command" in',
            *cases,
            "    esac",
            "    if [[ $PREFIX == -* ]]; then",
            "        compadd -- ${flags:---help --version}",
            "    elif (( CURRENT == 2 )); then",
            f"        compadd -- {_first_words(commands)}",
            "        _files",
            "    elif (( CURRENT == 3 && $#inner )); then",
            "        compadd -- $inner",
            "    else",
            "        _files",
            "    fi",
            "}",
            "compdef _loadgen loadgen",
            "",
        ]
    )


def fish_script(commands: Sequence[KnownCommand]) -> str:
    """For a file loadgen.fish among fish's completions."""
    lines = ["# loadgen"]
    for known in commands:
        *outer, name = known.words
        when = "__fish_use_subcommand" if not outer else f"__fish_seen_subcommand_from {outer[0]}"
        lines.append(f"complete -c loadgen -n '{when}' -a '{name}' -d {_quoted(known.help)}")
        seen = " ; and ".join(f"__fish_seen_subcommand_from {word}" for word in known.words)
        for flag in dict.fromkeys(known.flags):
            kind = f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}"
            lines.append(f"complete -c loadgen -n '{seen}' {kind}")
    lines += [
        f"complete -c loadgen -n '__fish_use_subcommand' -a '{word}'" for word in (*FRONT_DOORS, "help", "version")
    ]
    return "\n".join([*lines, ""])


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


SHELLS: dict[str, Callable[[Sequence[KnownCommand]], str]] = {
    "bash": bash_script, "zsh": zsh_script, "fish": fish_script,
}  # fmt: skip
