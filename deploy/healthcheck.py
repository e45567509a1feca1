"""Asks this container how it is: `python -SE deploy/healthcheck.py 8000/health/ready`.

The engine runs it every few seconds in every container, so it loads nothing but sockets.
"""

import socket
import sys

WAIT_S = 5.0


def ask(address: str) -> bytes:
    """Return the answer, head and body."""
    port, _, path = address.partition("/")
    request = f"GET /{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", int(port)), timeout=WAIT_S) as connection:
        connection.sendall(request.encode())
        answer = b""
        while piece := connection.recv(4096):
            answer += piece
    return answer


def main() -> int:
    try:
        answer = ask(sys.argv[1])
    except OSError as error:
        print(error)
        return 1
    if b" 200 " in answer.partition(b"\r\n")[0]:
        return 0
    print(answer.partition(b"\r\n\r\n")[2].decode(errors="replace"))
    return 1


if __name__ == "__main__":
    sys.exit(main())
