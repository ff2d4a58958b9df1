"""Ends well if the service in this container says that it lives; what Docker's HEALTHCHECK runs."""

from __future__ import annotations

import os
import socket
import sys


def answers(port: int) -> bool:
    """Whether /healthz answers 200 within two seconds."""
    with socket.create_connection(("127.0.0.1", port), timeout=2.0) as line:
        line.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        return line.recv(64).split(b" ", 2)[1:2] == [b"200"]


if __name__ == "__main__":
    sys.exit(not answers(int(os.environ["TAPELINE_HEALTH_PORT"])))
