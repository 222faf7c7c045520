"""What a run sends: one frozen value for each kind of load."""
