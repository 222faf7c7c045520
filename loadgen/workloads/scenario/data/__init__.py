"""Rows of data for users."""
