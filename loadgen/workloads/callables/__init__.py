"""Calls of a function of the user's own: pass after pass of users without requests."""
