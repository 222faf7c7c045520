"""Journeys that are functions of a Python file."""
