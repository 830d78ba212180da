"""Seized money moves by two persons, on a real chain: what one alone writes, moves nothing."""

from __future__ import annotations

import pytest

from sandbox.forensics.lessons import POLICE_WALLET, Seizure, scene_of
from sandbox.forensics.lessons.phrases import key_of
from sandbox.forensics.lessons.seizing import DUST
from sandbox.sdk import compile, lab  # noqa: A004
from tests.forensics.lessons.test_scenes import own_of, phrase_of

SCENE = scene_of(31_337)
KGST, SOM, GOLD = own_of(SCENE)


class Place:
    """A lab with a scene's money on it."""

    def __init__(self, chain):
        self.chain = chain
        self.one, self.two, bank = chain.accounts[:3]
        made = compile({"police.sol": POLICE_WALLET})
        gold = chain.deploy(made["Gold"], 10**15, by=bank)
        self.wallet = chain.deploy(
            made["PoliceWallet"], self.one.address, self.two.address, by=self.one
        )
        self.tokens = {"KGST": chain.kgst.address, "SOM": chain.som.address, "USDKG": gold.address}
        for address in {self.wallet.address, *(row["address"] for row in SCENE.seen)}:
            chain.register(address)
        for row in SCENE.seen:
            if row["token"] == "USDKG":
                chain.send(gold.functions.transfer(row["address"], row["amount"]), by=bank)
            else:
                chain.fund(row["address"], **{row["token"].lower(): row["amount"]})

    def seizure(self):
        words = phrase_of(SCENE)
        return Seizure(
            self.chain.w3,
            self.tokens,
            self.wallet,
            people=[self.one.key, self.two.key],
            keys=lambda path: key_of(words, path, SCENE.slip),
        )

    def tried(self, log):
        """Codes of the lines, and what lies in the wallet; the chain is then as it was."""
        seizure = self.seizure()
        with self.chain.snapshot():
            lines = seizure.carry_out(log)
            held = {each: seizure.held(self.wallet.address, each) for each in ("BNB", *self.tokens)}
            self.left = {row["address"]: seizure.held(row["address"], "BNB") for row in SCENE.seen}
        return [line.code for line in lines], held


@pytest.fixture(scope="module")
def place():
    with lab() as chain:
        yield Place(chain)


def moved(path, token, amount):
    return f"1 move {path} {token} {amount}\n2 confirm\n"


NOTHING = {"BNB": 0, "KGST": 0, "SOM": 0, "USDKG": 0}
WHOLE = (
    "1 prove\n2 confirm\n"
    + moved(KGST, "KGST", "0.5")
    + moved(KGST, "KGST", "all")
    + f"2 gas {SOM} 0.001\n"
    + moved(SOM, "SOM", "all")
    + moved(SOM, "kgst", "all")
    + moved(GOLD, "USDKG", "all")
    + "".join(moved(path, "BNB", "all") for path in (KGST, SOM, GOLD))
)


def test_a_whole_log_moves_everything_and_leaves_dust(place):
    codes, held = place.tried(WHOLE)
    assert set(codes) == {"waits", "done"}
    own = own_of(SCENE)
    for token in ("KGST", "SOM", "USDKG"):
        assert held[token] == sum(lies.get(token, 0) for lies in own.values())
    coins = sum(lies.get("BNB", 0) for lies in own.values())
    assert coins - 10**16 < held["BNB"] < coins + 10**15
    assert sum(1 for coin in place.left.values() if coin > DUST) == 2, "what is not the phrase's"


ALONE = {
    "nobody confirms": (f"1 move {KGST} KGST all", ["waits"]),
    "the same person": (f"1 move {KGST} KGST all\n1 confirm", ["waits", "same_person"]),
    "nothing waits": ("2 confirm", ["nothing_waits"]),
    "two at a time": (f"1 prove\n1 move {KGST} KGST 1", ["waits", "waits_already"]),
    "no coin": (moved(SOM, "SOM", "all"), ["waits", "no_gas"]),
    "too much": (moved(GOLD, "USDKG", "100000"), ["waits", "not_enough"]),
    "too many coins": (moved(KGST, "BNB", "9999"), ["waits", "not_enough"]),
    "nothing there": (moved("m/44'/60'/0'/0/0", "KGST", "all"), ["waits", "nothing_there"]),
    "no path": (f"1 move {KGST}x KGST 1", ["no_such_path"]),
    "no token": (f"1 move {KGST} USDT 1", ["no_such_token"]),
    "no amount": (f"1 move {KGST} KGST -1", ["not_an_amount"]),
    "nothing asked": (f"1 move {KGST} KGST 0", ["not_an_amount"]),
    "too many places": (f"1 move {SOM} SOM 0.001", ["not_an_amount"]),
    "a third person": (f"3 move {KGST} KGST 1", ["not_a_line"]),
    "no line": ("move everything", ["not_a_line"]),
    "too many words": ("1 prove it", ["not_a_line"]),
    "nothing": ("\n  \n# only for people\n", []),
}


@pytest.mark.parametrize(("log", "codes"), ALONE.values(), ids=ALONE)
def test_what_is_not_of_two_moves_nothing_and_is_told(place, log, codes):
    assert place.tried(log) == (codes, NOTHING)


def test_a_purse_pays_fees_only_as_far_as_it_reaches(place):
    codes, held = place.tried(f"1 gas {SOM} 999999\n1 gas {SOM} 0.001\n" + moved(SOM, "SOM", "1"))
    assert codes == ["not_enough", "done", "waits", "done"]
    assert held == NOTHING | {"SOM": 100}


def test_coins_that_went_first_leave_the_tokens_behind(place):
    codes, held = place.tried(moved(GOLD, "BNB", "all") + moved(GOLD, "USDKG", "all"))
    assert codes == ["waits", "done", "waits", "no_gas"]
    assert held["USDKG"] == 0


def test_the_wallet_itself_pays_out_by_two_only(place):
    chain, wallet = place.chain, place.wallet
    with chain.snapshot():
        chain.kgst.transfer(chain.accounts[3], wallet.address, 700)
        order = (chain.kgst.address, chain.accounts[4].address, 300)
        with pytest.raises(Exception, match="NotOurs"):
            chain.send(wallet.functions.propose(*order), by=chain.accounts[3])
        chain.send(wallet.functions.propose(*order), by=place.one)
        for other in (place.one, chain.accounts[3]):
            with pytest.raises(Exception, match=r"SamePerson|NotOurs"):
                chain.send(wallet.functions.confirm(0), by=other)
        assert chain.kgst.balance(wallet.address) == 700
        chain.send(wallet.functions.confirm(0), by=place.two)
        assert chain.kgst.balance(wallet.address) == 400
        with pytest.raises(Exception, match="DoneBefore"):
            chain.send(wallet.functions.confirm(0), by=place.two)
