"""The load of the kill switch's measurement, in a process of its own.

For each permit so many connections, each sending its next payment as soon as the last was
acknowledged; a refused one looks again after a while. Every acknowledgement is a line on the
output: moment (seconds of the machine's monotonic clock), permit, hash. Ends with its input.
"""

import http.client
import json
import sys
import threading
import time

from tests.gateway.support import transfer

AGAIN = 0.05
"""Seconds after a refusal."""


def spend(port, permit, pause, stopping, say):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {permit['key']}", "Content-Type": "application/json"}
    fields = {
        "from": permit["wallet"],
        "to": permit["token"],
        "data": transfer(permit["contract"], 1),
        "gas": hex(400_000),
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": "eth_sendTransaction", "params": [fields]}
    body = json.dumps(body)
    while not stopping.is_set():
        connection.request("POST", "/rpc/kgst", body, headers)
        answer = json.loads(connection.getresponse().read())
        moment = time.monotonic()
        if "result" in answer:
            say(f"{moment:.6f} {permit['permit']} {answer['result']}\n")
            time.sleep(pause)
        elif answer["error"].get("data", {}).get("clause") == "state":
            time.sleep(AGAIN)
        else:
            say(f"{moment:.6f} {permit['permit']} !{json.dumps(answer['error'])}\n")
            time.sleep(1)
    connection.close()


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    stopping = threading.Event()
    arguments = [
        (told["port"], permit, told["pause"], stopping, sys.stdout.write)
        for permit in told["permits"]
        for _ in range(told["connections"])
    ]
    threads = [threading.Thread(target=spend, args=each) for each in arguments]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    stopping.set()
    for thread in threads:
        thread.join()
