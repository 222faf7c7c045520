"""Runs that are started and stopped from a page, one at a time."""
