"""How messages get to a machine and back: a link to each, and what it is made of."""
