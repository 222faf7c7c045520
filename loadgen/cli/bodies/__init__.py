"""What each command does; the lazy group imports it when the parameters are known to be good."""
