"""The embedded demo server: fast, deterministic where asked to be, and it counts what it served."""
