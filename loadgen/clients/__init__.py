"""How it is sent. Clients template instants and say what they saw; they never decide."""
