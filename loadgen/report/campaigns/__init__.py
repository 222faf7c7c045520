"""The reports of many runs: comparisons, the search for the highest rate, calibration."""
