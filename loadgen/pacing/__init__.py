"""When requests are due; arithmetic only, no clock, no sleep."""
