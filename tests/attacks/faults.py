"""Load on a plant whose processes are killed, and what must hold afterwards.

A *promise* is an acknowledgement: the hash that the gateway answered. Senders keep their
promises in the order in which they were given; the observer keeps every block that it was
shown. ``settle`` waits until nothing is queued; ``judge`` compares with the chain.
"""

import http.client
import json
import random
import threading
import time
from collections import Counter

from eth_account import Account

from sandbox.chain.journal import read
from sandbox.chain.records import Kind
from sandbox.domain.policy import PolicyWallet
from sandbox.kit.ids import checksum
from tests.gateway.support import Permit, transfer

RECORDER = "0x6c4360019003404355444319550000600052600d6013f3"
"""Stores BLOCKHASH of the block before and PREVRANDAO under the block's number."""
GONE = (OSError, http.client.HTTPException)
PASSING = ("gateway.chain_unavailable", "gateway.policy_stale", "engine.unavailable")
PASSING += (
    "tx.too_many_queued",
    "queue.full",
    "node.closed",
    "journal.unwritable",
    "signer.unavailable",
    "tx.not_mined_yet",
)
SETTLED = ("tx.already_known", "tx.nonce_too_low")


class Wire:
    """One keep-alive connection that is made anew when it ended."""

    def __init__(self, plant, permit):
        self.port, self.open = plant.port, None
        self.headers = {"Authorization": f"Bearer {permit.key}", "Content-Type": "application/json"}

    def ask(self, method, *params):
        """The answer; raises one of GONE when there is none."""
        if self.open is None:
            self.open = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        try:
            self.open.request("POST", "/rpc/kgst", json.dumps(body), self.headers)
            return json.loads(self.open.getresponse().read())
        except GONE:
            self.close()
            raise

    def close(self):
        if self.open is not None:
            self.open.close()
            self.open = None


class Sender(threading.Thread):
    """Sends one after the other until it is told to stop."""

    def __init__(self, load, wallet):
        super().__init__(daemon=True)
        self.load, self.wallet, self.promises, self.unsure = load, wallet, [], []
        self.random = random.Random(f"{load.seed}/{wallet}/{len(load.senders)}")
        self.wire = Wire(load.plant, load.permit)

    def run(self):
        while not self.load.stopping.is_set():
            try:
                self.one()
            except GONE:
                time.sleep(0.02)
            except Exception as error:  # noqa: BLE001 (the test's own thread tells it)
                self.load.troubles.append(repr(error))
                return
            time.sleep(self.random.random() * 0.02)

    def data(self):
        """To whom, and what: a recorded block, an event, or a revert."""
        kind = self.random.random()
        if kind < 0.5:
            return self.load.recorder, "0x"
        spender = self.load.permit.account.address
        if kind < 0.8:
            amount = self.random.randrange(10**6)
            return self.load.permit.token, "0x095ea7b3" + transfer(spender, amount)[10:]
        return self.load.permit.token, transfer(spender, 10**30)

    def kept(self, answer):
        """Keep a promise; False when it has to be tried again."""
        if "result" in answer:
            self.promises.append(answer["result"])
            self.load.last_promise = time.monotonic()
            return True
        code = answer["error"]["data"]["code"]
        if code not in PASSING:
            self.load.troubles.append(json.dumps(answer["error"]))
        return False


class Managed(Sender):
    """By ``eth_sendTransaction`` without a nonce: one lost answer is one unknown."""

    def one(self):
        to, data = self.data()
        fields = {"from": self.wallet, "to": to, "data": data, "gas": "0x30d40"}
        if not self.kept(self.wire.ask("eth_sendTransaction", fields)):
            time.sleep(0.05)


class External(Sender):
    """Signed here, nonce after nonce; sent again until it is known to be taken."""

    def __init__(self, load, account):
        super().__init__(load, account.address)
        self.account, self.nonce = account, 0

    def sign(self, price):
        to, data = self.data()
        return self.load.permit.sign(
            self.nonce, account=self.account, to=to, data=data, gas=200_000, gasPrice=price
        )

    def one(self):
        if self.send(self.sign(10**9)):
            if self.random.random() < 0.1:
                self.replace(self.sign(2 * 10**9))
            self.nonce += 1

    def send(self, raw):
        sure = True
        while not self.load.stopping.is_set():
            try:
                answer = self.wire.ask("eth_sendRawTransaction", raw)
            except GONE:
                sure = False
                time.sleep(0.02)
                continue
            code = answer.get("error", {}).get("data", {}).get("code")
            if code in SETTLED and not sure:
                return True
            if self.kept(answer):
                return True
            time.sleep(0.05)
        return False

    def replace(self, raw):
        """Another one in its place, if it is not being mined yet."""
        try:
            answer = self.wire.ask("eth_sendRawTransaction", raw)
        except GONE:
            return
        if answer.get("error", {}).get("data", {}).get("code") not in SETTLED:
            self.kept(answer)


class Observer(threading.Thread):
    """Looks at the newest block, again and again, and remembers."""

    def __init__(self, load):
        super().__init__(daemon=True)
        self.load, self.seen, self.wire = load, {}, Wire(load.plant, load.permit)

    def run(self):
        while not self.load.stopping.is_set():
            time.sleep(0.02)
            try:
                block = self.wire.ask("eth_getBlockByNumber", "latest", False).get("result")
            except GONE:
                continue
            if block:
                self.saw(int(block["number"], 16), block["hash"])

    def saw(self, number, digest):
        if self.seen.setdefault(number, digest) != digest:
            self.load.troubles.append(f"block {number} was {self.seen[number]}, is {digest}")


class Load:
    """Everybody who sends, and the observer."""

    def __init__(self, plant, seed, *, external=4, managed=3):
        self.plant, self.seed = plant, seed
        self.stopping, self.troubles, self.senders = threading.Event(), [], []
        self.last_promise = 0.0
        self.permit = Permit(plant, "SB-2026-0001", on_chain=False)
        accounts = [Account.create() for _ in range(external)]
        wallets = [PolicyWallet(each.address, "settlement", None) for each in accounts]
        self.permit.change(wallets=(*self.permit.policy.wallets, *wallets))
        for wallet in (self.permit.managed, self.permit.account.address, *accounts):
            self.permit.gas(getattr(wallet, "address", wallet))
        raw = self.permit.sign(0, to="", data=RECORDER, gas=500_000)
        receipt = plant.ok(self.permit, "eth_sendRawTransactionSync", raw)
        assert receipt["status"] == "0x1", receipt
        self.recorder = checksum(receipt["contractAddress"])
        for account in accounts:
            self.senders.append(External(self, account))
        for _ in range(managed):
            self.senders.append(Managed(self, self.permit.managed))
        self.observer = Observer(self)

    def start(self):
        for thread in (*self.senders, self.observer, threading.Thread(target=self._beat)):
            thread.daemon = True
            thread.start()
        return self

    def _beat(self):
        while not self.stopping.is_set():
            self.plant.beat()
            time.sleep(0.2)

    def resumed(self, since, seconds=120):
        """Wait for a promise and a new block after a moment; seconds that it took."""
        shown = len(self.observer.seen)

        def going_on():
            return self.last_promise > since and len(self.observer.seen) > shown

        self.plant.until(lambda: self.troubles or going_on(), seconds)
        assert not self.troubles, self.troubles[:5]
        return time.monotonic() - since

    def close(self):
        """Stop everybody; safe to call twice."""
        self.stopping.set()
        for thread in (*self.senders, self.observer):
            thread.join(30)
            thread.wire.close()

    def promises(self):
        return [digest for sender in self.senders for digest in sender.promises]

    def settle(self):
        """Stop sending, bring everything up, wait until nothing is queued."""
        self.close()
        assert not any(thread.is_alive() for thread in (*self.senders, self.observer))
        self.plant.until(self.plant.healthy, 180)
        self.plant.until(self.plant.beat)
        self.plant.until(lambda: self.plant.stats()["queued"] == 0, 180)

    def judge(self):
        """What is promised must hold; raises AssertionError naming what does not."""
        assert not self.troubles, self.troubles[:5]
        blocks = self.blocks()
        for number, digest in self.observer.seen.items():
            assert blocks[number]["hash"] == digest, f"block {number} is another than was seen"
        times = Counter(digest for block in blocks for digest in block["transactions"])
        place = {digest: at for at, digest in enumerate(times)}
        twice = [digest for digest, count in times.items() if count != 1]
        assert not twice, f"mined twice: {twice[:5]}"
        dropped, queued_in, sealed = self.journal()
        assert sealed == list(times), "the journal's seals and the blocks differ"
        lost = [each for each in self.promises() if each not in place and each not in dropped]
        assert not lost, f"lost: {lost[:5]} of {len(self.promises())}"
        both = [each for each in dropped if each in place]
        assert not both, f"mined and dropped: {both[:5]}"
        for sender in self.senders:
            mined = [place[digest] for digest in sender.promises if digest in place]
            assert mined == sorted(mined), f"the order of {sender.wallet} was not kept"
        self._nonces(queued_in, place)
        return {
            "promises": len(self.promises()),
            "blocks": len(blocks),
            "seen": len(self.observer.seen),
            "dropped": dict(Counter(dropped.values())),
        }

    def _nonces(self, journalled, place):
        """Mined nonces of every wallet: 0, 1, 2, … in the order of the blocks."""
        for wallet in {sender.wallet for sender in self.senders}:
            mine = [
                (place[h], n) for h, (who, n) in journalled.items() if who == wallet and h in place
            ]
            nonces = [nonce for _, nonce in sorted(mine)]
            assert nonces == list(range(len(nonces))), f"nonces of {wallet}: {nonces[:20]}"

    def blocks(self):
        """Every block, by its number."""
        ask, head = (
            self.plant.inside.rpc,
            int(self.plant.inside.rpc("kgst", "eth_blockNumber", []), 16),
        )
        return [ask("kgst", "eth_getBlockByNumber", [hex(n), False]) for n in range(head + 1)]

    def journal(self):
        """From the journal: dropped with reasons, sender and nonce of all, what is sealed."""
        dropped, journalled, sealed = {}, {}, []

        def visit(stored):
            body = stored.record.body
            if stored.record.kind is Kind.TX:
                assert body["hash"] not in journalled, f"journalled twice: {body['hash']}"
                journalled[body["hash"]] = (body["sender"], body["nonce"])
            elif stored.record.kind is Kind.DROP:
                dropped[body["hash"]] = body["reason"]
            elif stored.record.kind is Kind.SEAL:
                blob = stored.record.blob
                sealed.extend("0x" + blob[at : at + 32].hex() for at in range(0, len(blob), 32))

        read(self.plant.settings.paths.chain_dir / "kgst" / "journal", visit)
        return dropped, journalled, sealed
