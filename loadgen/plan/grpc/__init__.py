"""gRPC: methods and messages. Imported only where there are calls: it needs the extra `grpc`."""
