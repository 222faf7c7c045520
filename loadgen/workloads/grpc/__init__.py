"""gRPC calls: what is sent, and what a journey sees of the answers."""
