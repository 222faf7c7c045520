"""An echo server of grpcio's. Argument: PORT."""

import sys
from concurrent.futures import ThreadPoolExecutor

import grpc


def main(port: str) -> None:
    server = grpc.server(ThreadPoolExecutor(4))
    handlers = {"Say": grpc.unary_unary_rpc_method_handler(lambda asked, _context: asked)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("demo.Echo", handlers),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main(sys.argv[1])
