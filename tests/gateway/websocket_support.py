"""A WebSocket client of the gateway for tests."""

import json
import time
from contextlib import contextmanager

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect


class Client:
    """A client that keeps notifications apart from answers."""

    def __init__(self, raw):
        self.raw, self.told, self._number = raw, [], 0

    def ask(self, method, *params, seconds=10):
        self._number += 1
        body = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": list(params)}
        self.raw.send(json.dumps(body))
        while True:
            said = json.loads(self.raw.recv(timeout=seconds))
            if said.get("id") == self._number:
                return said
            self.told.append(said)

    def ok(self, method, *params):
        said = self.ask(method, *params)
        assert "error" not in said, said
        return said["result"]

    def error(self, method, *params):
        return self.ask(method, *params)["error"]

    def next(self, subscription, seconds=10):
        """The next thing that a subscription brings."""
        deadline = time.monotonic() + seconds
        while True:
            for said in self.told:
                if said["params"]["subscription"] == subscription:
                    self.told.remove(said)
                    return said["params"]["result"]
            left = deadline - time.monotonic()
            assert left > 0, "nothing was told in time"
            self.told.append(json.loads(self.raw.recv(timeout=left)))

    def closed(self, seconds=10):
        """How the connection ended: code and reason."""
        try:
            while True:
                self.raw.recv(timeout=seconds)
        except ConnectionClosed as ended:
            return ended.rcvd.code, ended.rcvd.reason


@contextmanager
def client(system, token=None, *, chain="kgst", path="", **more):
    headers = more.pop("headers", {})
    if token:
        headers = {"Authorization": f"Bearer {token}", **headers}
    url = f"ws://127.0.0.1:{system.port}/rpc/{chain}{path}"
    with connect(url, additional_headers=headers, compression=None, **more) as raw:
        yield Client(raw)


def refused(system, *arguments, **more):
    with pytest.raises(InvalidStatus) as caught, client(system, *arguments, **more):
        pass
    answer = caught.value.response
    return answer.status_code, json.loads(answer.body)["error"]["data"]["code"]
