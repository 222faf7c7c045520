"""A run on many machines: what the coordinator and a machine say to each other, and how it is carried."""
