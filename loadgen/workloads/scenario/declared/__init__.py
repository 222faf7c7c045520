"""Journeys that a profile declares, step by step."""
