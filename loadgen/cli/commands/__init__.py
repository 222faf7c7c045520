"""The parameters of each command, as its `--help` shows them; only Typer and what they share is imported here."""
