"""The load of the kill switch's measurement, in a process of its own.

For each permit so many connections, the first of them a WebSocket, each sending its next
payment as soon as the last was acknowledged; a refused one looks again after a while. Every
acknowledgement is a line on the output: moment (seconds of the machine's monotonic clock),
permit, hash. Ends with its input.
"""

import http.client
import json
import sys
import threading
import time

from websockets.sync.client import connect

from tests.gateway.support import transfer

AGAIN = 0.05
"""Seconds after a refusal."""


class Http:
    def __init__(self, port, key):
        self.open = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def ask(self, body):
        self.open.request("POST", "/rpc/kgst", body, self.headers)
        return json.loads(self.open.getresponse().read())


class Socket:
    def __init__(self, port, key):
        address = f"ws://127.0.0.1:{port}/rpc/kgst/{key}"
        self.open = connect(address, proxy=None, compression=None, legacy=True)

    def ask(self, body):
        self.open.send(body)
        return json.loads(self.open.recv(timeout=60))


def spend(port, permit, kind, pause, *, stopping, say):
    connection = kind(port, permit["key"])
    fields = {
        "from": permit["wallet"],
        "to": permit["token"],
        "data": transfer(permit["contract"], 1),
        "gas": hex(400_000),
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": "eth_sendTransaction", "params": [fields]}
    body = json.dumps(body)
    while not stopping.is_set():
        answer = connection.ask(body)
        moment = time.monotonic()
        if "result" in answer:
            say(f"{moment:.6f} {permit['permit']} {answer['result']}\n")
            time.sleep(pause)
        elif answer["error"].get("data", {}).get("clause") == "state":
            time.sleep(AGAIN)
        else:
            say(f"{moment:.6f} {permit['permit']} !{json.dumps(answer['error'])}\n")
            time.sleep(1)
    connection.open.close()


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    stopping = threading.Event()
    arguments = [
        (told["port"], permit, Http if number else Socket, told["pause"])
        for permit in told["permits"]
        for number in range(told["connections"])
    ]
    more = {"stopping": stopping, "say": sys.stdout.write}
    threads = [threading.Thread(target=spend, args=each, kwargs=more) for each in arguments]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    stopping.set()
    for thread in threads:
        thread.join()
