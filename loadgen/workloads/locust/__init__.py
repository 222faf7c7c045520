"""Files written for Locust, run as they are: the names that they import are ours, and no Locust is installed."""
