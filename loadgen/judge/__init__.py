"""Results to verdicts; pure functions."""
