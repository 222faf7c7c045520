"""Places: where the workers of a run are. This process, processes of this machine."""
