"""What every layer may use: clock, units, errors, and the types of one exchange."""
