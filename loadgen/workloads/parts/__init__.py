"""Replies in parts: server-sent events and lines, each part with its instant."""
