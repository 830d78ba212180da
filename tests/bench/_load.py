"""The load generator, in a process of its own: so many connections, one request at a time each.

``run`` starts the process and returns what it measured. Every request is prepared
beforehand; the answers are judged afterwards; nothing but sockets is touched while
the clock runs.
"""

import asyncio
import json
import pickle
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import uvloop


@dataclass
class Load:
    """What is sent: for each connection its request bodies, in order."""

    port: int
    path: str
    bodies: list[list[bytes]]
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Measured:
    """What came of it: seconds, the latency of each request, the body of each answer."""

    began: float
    ended: float
    latencies: list[float]
    answers: list[bytes]

    @property
    def seconds(self):
        return self.ended - self.began


class Client(asyncio.Protocol):
    """One keep-alive connection that sends the next request when the last is answered."""

    def __init__(self, load, bodies, done):
        lines = [f"POST {load.path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in load.headers.items()]
        head = "\r\n".join(lines)
        self.requests = [
            f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body for body in bodies
        ]
        self.done, self.buffer, self.next = done, b"", 0
        self.latencies, self.answers = [], []

    def connection_made(self, transport):
        self.transport = transport

    def begin(self):
        self.sent = time.perf_counter()
        self.transport.write(self.requests[0])

    def data_received(self, data):
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.buffer[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0])
        if len(self.buffer) < end + 4 + length:
            return
        now = time.perf_counter()
        self.latencies.append(now - self.sent)
        self.answers.append(self.buffer[end + 4 : end + 4 + length])
        self.buffer = self.buffer[end + 4 + length :]
        self.next += 1
        if self.next == len(self.requests):
            self.done.set_result(None)
            return
        self.sent = now
        self.transport.write(self.requests[self.next])

    def connection_lost(self, error):
        if not self.done.done():
            self.done.set_exception(error or ConnectionResetError())


async def _drive(load):
    loop = asyncio.get_running_loop()
    clients = []
    for bodies in load.bodies:
        _, client = await loop.create_connection(
            lambda bodies=bodies: Client(load, bodies, loop.create_future()), "127.0.0.1", load.port
        )
        clients.append(client)
    began = time.time()
    for client in clients:
        client.begin()
    await asyncio.gather(*(client.done for client in clients))
    ended = time.time()
    for client in clients:
        client.transport.close()
    latencies = [each for client in clients for each in client.latencies]
    return Measured(began, ended, latencies, [each for c in clients for each in c.answers])


def run(load):
    """Drive a load from another process."""
    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        asked, answered = Path(folder, "load"), Path(folder, "measured")
        asked.write_bytes(pickle.dumps(load))
        subprocess.run(
            [sys.executable, "-m", "tests.bench._load", str(asked), str(answered)],
            check=True,
            timeout=300,
        )
        return pickle.loads(answered.read_bytes())


def raw_transaction(raw, number):
    """The body of one ``eth_sendRawTransaction``."""
    body = {"jsonrpc": "2.0", "id": number, "method": "eth_sendRawTransaction", "params": [raw]}
    return json.dumps(body, separators=(",", ":")).encode()


if __name__ == "__main__":
    from tests.bench._load import _drive as drive

    load = pickle.loads(Path(sys.argv[1]).read_bytes())
    Path(sys.argv[2]).write_bytes(pickle.dumps(uvloop.run(drive(load))))
