"""HTTP/2 on a reactor: many users' streams on one connection."""
