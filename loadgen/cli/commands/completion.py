"""`loadgen completion`."""

from typing import Annotated, ClassVar

import typer

from loadgen.base.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """Print what makes a shell complete commands and options.

    bash: source <(loadgen completion bash), in ~/.bashrc.
    zsh: source <(loadgen completion zsh), in ~/.zshrc after compinit.
    fish: loadgen completion fish > ~/.config/fish/completions/loadgen.fish
    """

    body: ClassVar[str] = "completion:completion"
    shell: Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]
