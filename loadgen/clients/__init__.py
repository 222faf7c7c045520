"""How it is sent. Clients stamp instants and say what they saw; they never decide."""
