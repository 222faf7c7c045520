"""Commands: the only code that reads arguments, prints or exits."""
