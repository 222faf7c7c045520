"""What runs on a machine: it does what the messages of a coordinator say."""
