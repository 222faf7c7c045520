"""What is told of a run while it lasts: one file for each way. Lines and figures; whoever starts a run writes them."""
