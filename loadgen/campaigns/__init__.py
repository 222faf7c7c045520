"""Many runs: rounds, find-max, calibrate."""
