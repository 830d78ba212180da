"""A receiver of webhooks as a process of its own: behaves as the path says.

``python -m tests.web.receiver <file>``: prints its port, writes each request as a line of JSON.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from pathlib import Path

ANSWERS = {
    "/ok": b"HTTP/1.1 204 No Content\r\n\r\n",
    "/fail": b"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno",
    "/gone": b"HTTP/1.1 410 Gone\r\n\r\n",
    "/redirect": b"HTTP/1.1 302 Found\r\nLocation: /ok\r\n\r\n",
    "/garbage": b"\x00\x1b[31mSSH-2.0-OpenSSH\r\n\r\n",
    "/huge-head": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
    "/huge-body": b"HTTP/1.1 200 OK\r\n\r\n" + b"y" * 5_000_000,
    "/early": b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n\x1b]0;evil\x07<b>",
    "/silent": b"",
}


def _read(peer: socket.socket) -> tuple[str, dict[str, str], bytes]:
    stream = peer.makefile("rb")
    path = stream.readline().decode().split(" ")[1]
    headers = {}
    while (line := stream.readline().strip()) != b"":
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    return path, headers, stream.read(int(headers["content-length"]))


def _serve(peer: socket.socket, log: Path) -> None:
    with peer:
        path, headers, body = _read(peer)
        with log.open("a") as out:
            out.write(json.dumps([path, headers, body.decode()]) + "\n")
        kind = path.partition("?")[0]
        try:
            if kind == "/hang":
                time.sleep(60)
            elif kind == "/drip":
                for _ in range(600):
                    peer.sendall(b"H")
                    time.sleep(0.1)
            else:
                once = log.with_name("mended").exists()
                peer.sendall(
                    ANSWERS["/ok" if kind == "/flaky" and once else kind]
                    if kind != "/flaky" or once
                    else ANSWERS["/fail"]
                )
        except OSError:
            pass


def main() -> None:
    """Serve until ended."""
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    while True:
        peer, _ = listening.accept()
        threading.Thread(target=_serve, args=(peer, Path(sys.argv[1])), daemon=True).start()


if __name__ == "__main__":
    main()
