"""Requests that people have in other forms, as the text of a profile. A file a form; pure functions."""
