"""One trial of a transaction on a bare engine: what it sees, and what it costs the engine."""

from pathlib import Path

import pytest

from sandbox.chain.engine import LocalLauncher
from sandbox.chain.ipc import EngineError
from sandbox.chain.recovery import EngineKeeper
from sandbox.chain.transaction import SignedTx
from sandbox.gateway import foresight
from sandbox.gateway.aftermath import aftermath
from sandbox.gateway.foresight import TRACED_GAS, called, foresee
from sandbox.gateway.layers import BEACON_SLOT, IMPLEMENTATION_SLOT
from sandbox.gateway.parameters import TRACE_GAS
from sandbox.gateway.steps import preflight
from sandbox.gateway.top_call import TOP_CALL, top_call
from sandbox.toolchain.tools import anvil
from tests.chain.support import spec

pytestmark = pytest.mark.anyio
SENDER = "0x" + "aa" * 20
PRODUCT, WATCHED, CODE = ("0x" + pair * 20 for pair in ("b1", "c2", "d3"))
MB = 1 << 20


class Chain:
    """An engine with code at addresses, as the trials see a chain."""

    def __init__(self, engine, pid):
        self.call, self.pid = engine.reader.call, pid

    def next_timestamp(self):
        return 2_000_000_000

    async def put(self, **codes):
        for address, code in ((PRODUCT, codes.get("product")), (WATCHED, codes.get("watched"))):
            if code is not None:
                await self.call("anvil_setCode", address, "0x" + code)
        await self.call("anvil_setCode", CODE, "0x" + codes.get("code", "00"))

    def peak(self):
        """The most memory that the engine has held, bytes."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


@pytest.fixture
async def chain(tmp_path):
    launcher = LocalLauncher(anvil())
    keeper = EngineKeeper(spec(), tmp_path / "e.ipc", launcher)
    try:
        yield Chain(await keeper.fresh(), launcher.pid(spec().chain))
    finally:
        await keeper.stop()


def transaction(to=PRODUCT, data=b"", gas=TRACED_GAS):
    return SignedTx(b"", "0x" + "00" * 32, SENDER, 0, 0, None, to, 0, gas, 0, data)


def calling(kind, to, value=""):
    """Code that calls once: CALL f1, CALLCODE f2, DELEGATECALL f4, STATICCALL fa."""
    return "5f5f5f5f" + ("5f" if kind in ("f1", "f2") else "") + f"73{to[2:]}5a{kind}50" + value


def storing(slot, value):
    return f"7f{value:064x}7f{slot[2:]}55"


async def test_whose_code_ran_and_who_was_entered_is_seen_at_any_depth(chain):
    await chain.put(
        product=calling("f1", WATCHED) + "00", watched=calling("f4", CODE) + calling("f2", PRODUCT)
    )
    seen = await foresee(chain, transaction(), [WATCHED])
    assert seen.ran == {(WATCHED, CODE), (WATCHED, PRODUCT)}
    assert seen.entered == {WATCHED}
    assert (await foresee(chain, transaction(to=WATCHED), [WATCHED])).entered == {WATCHED}
    assert (await foresee(chain, transaction(), [CODE])).ran == frozenset(), "not watched"


async def test_who_is_only_read_or_lends_code_is_not_entered(chain):
    await chain.put(product=calling("fa", WATCHED) + calling("f4", WATCHED) + "00", watched="00")
    seen = await foresee(chain, transaction(), [WATCHED])
    assert (seen.ran, seen.entered) == (frozenset(), frozenset())


async def test_a_delegate_call_that_is_undone_has_run_and_a_creation_has_not_been(chain):
    create = "60015ff3"  # deploys one byte: init code in memory below
    product = f"63{create}60e01b5f52" + "60045f5ff050" + calling("f4", CODE)
    await chain.put(product=product + "00")
    seen = await foresee(chain, transaction(), [PRODUCT])
    assert (len(seen.created), seen.ran) == (1, {(PRODUCT, CODE)})
    await chain.put(product=product + "5f5ffd")
    seen = await foresee(chain, transaction(), [PRODUCT])
    assert (seen.created, seen.ran) == ((), {(PRODUCT, CODE)})
    await chain.put(product="00")
    assert (await foresee(chain, transaction(to=None, data=b"\x00"), [])).created == ()


async def test_pointers_and_beacons_answers_are_those_after_the_transaction(chain):
    change = storing(IMPLEMENTATION_SLOT, 7) + storing("0x" + "00" * 32, 9)
    answer = "5f545f5260205ff3"  # what slot 0 holds
    asked = f"36600414608e57{change}005b"  # with 4 bytes of call data, as implementation() has
    await chain.put(watched=asked + answer)
    after = await aftermath(chain, transaction(to=WATCHED, data=b"\x01"), [WATCHED, CODE])
    assert int(after.answers[WATCHED], 16) == 9
    assert {slot: int(word, 16) for slot, word in after.storage[WATCHED].items()} == {
        IMPLEMENTATION_SLOT: 7,
        BEACON_SLOT: 0,
    }
    assert set(after.storage[CODE].values()) == {"0x" + "00" * 32}
    assert int(await chain.call("eth_getStorageAt", WATCHED, "0x0", "latest"), 16) == 0


async def test_a_constructors_change_of_a_pointer_is_seen(chain):
    await chain.put(watched=storing(IMPLEMENTATION_SLOT, 7) + "00")
    creating = transaction(to=None, data=bytes.fromhex(calling("f1", WATCHED) + "00"))
    assert (await foresee(chain, creating, [WATCHED])).entered == {WATCHED}
    after = await aftermath(chain, creating, [WATCHED])
    assert int(after.storage[WATCHED][IMPLEMENTATION_SLOT], 16) == 7


@pytest.mark.slow
@pytest.mark.parametrize("size", [0, 200_000, 1_000_000])
async def test_the_engine_does_not_add_up_the_inputs_of_the_calls_that_are_looked_at(
    chain, size, monkeypatch
):
    """As many delegate calls as the gas pays for, each with the same input: 4 GB of 200 KB."""
    monkeypatch.setattr(foresight, "SECONDS", 120.0)
    await chain.put(product=f"5b5f5f62{size:06x}5f73{CODE[2:]}5af4505f56")
    before = chain.peak()
    seen = await foresight.foresee(chain, transaction(), [PRODUCT])
    assert seen.ran == {(PRODUCT, CODE)}, "it ran until its gas was gone"
    assert chain.peak() - before < 500 * MB


@pytest.mark.slow
@pytest.mark.parametrize("size", [100_000, 300_000])
async def test_the_engine_does_not_add_up_the_inputs_where_a_refusal_is_confirmed(
    chain, size, monkeypatch
):
    """Calls as long as the gas lasts, and no refusal: with the call tracer 2 to 4 GB."""
    monkeypatch.setattr(preflight, "CONFIRM_SECONDS", 120.0)
    await chain.put(product=f"5b5f5f62{size:06x}5f73{CODE[2:]}5af4505f56")
    before = chain.peak()
    failed = EngineError({"code": 3, "message": "execution reverted"})
    call = called(transaction(gas=preflight.CONFIRM_GAS))
    assert await preflight.confirmed(chain, WATCHED, call, failed) is None
    assert chain.peak() - before < 500 * MB


@pytest.mark.parametrize(
    "code",
    [
        "00",
        "60016000526020" + "5ff3",
        "5f5ffd",
        "5b5f56",
        "7f08c379a0"
        + "00" * 28
        + "5f52"
        + "6020600452"
        + "6003602452"
        + "62616263"
        + "60e81b604452"
        "60645ffd",
    ],
    ids=["nothing", "an answer", "a revert", "out of gas", "a reason"],
)
async def test_the_outermost_call_is_told_as_the_engines_own_tracer_tells_it(chain, code):
    await chain.put(product=code)
    theirs_options = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
    for to, data in ((PRODUCT, b"\x01"), (None, bytes.fromhex(code))):
        call = called(transaction(to=to, data=data, gas=300_000))
        ours = top_call(await chain.call("debug_traceCall", call, "latest", TOP_CALL))
        theirs = await chain.call("debug_traceCall", call, "latest", theirs_options)
        assert ours.pop("gas") == hex(300_000), "the limit; the engine leaves the intrinsic gas out"
        theirs.pop("gas")
        assert ours == theirs


@pytest.mark.slow
async def test_the_engine_keeps_no_input_for_the_trace_that_is_offered(chain):
    await chain.put(product=f"5b5f5f62{300_000:06x}5f73{CODE[2:]}5af4505f56")
    before = chain.peak()
    call = called(transaction(gas=TRACE_GAS))
    assert (await chain.call("debug_traceCall", call, "latest", TOP_CALL))["error"]
    assert chain.peak() - before < 50 * MB
