"""grpcio's fastest client: futures, so many at a time. Arguments: PORT AT_ONCE COUNT."""

import sys
import threading

import grpc

ASKED = b"\x0a\x05hello"


def main(port: str, at_once: int, count: int) -> None:
    room = threading.Semaphore(at_once)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        say = channel.unary_unary("/demo.Echo/Say")
        for _ in range(count):
            room.acquire()
            say.future(ASKED).add_done_callback(lambda _call: room.release())
        for _ in range(at_once):
            room.acquire()


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
