"""Step 4. The start-up runs its trial from the permit's notebook server and from outside."""

from __future__ import annotations

import json
import re

from web3 import HTTPProvider, Web3

from sandbox.sdk import connect
from tests.journeys.stage import STARTUP, Stage

KGST = 10**18
PROBE = """
import json, os, pathlib, socket

def refused(act):
    try:
        act()
    except OSError:
        return True
    return False

def read(path):
    return lambda: pathlib.Path(path).read_bytes()

def reach(host, port):
    return lambda: socket.create_connection((host, port), 2).close()

def knock(path):
    def act():
        with socket.socket(socket.AF_UNIX) as one:
            one.connect(path)
    return act

def foreign(pid):
    # The box's own first process (bwrap) belongs to whoever made the box.
    try:
        name = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
        return os.stat(f"/proc/{pid}").st_uid != os.getuid() and name != "bwrap"
    except FileNotFoundError:
        return False

pids = [int(each) for each in os.listdir("/proc") if each.isdigit()]
print(json.dumps({
    "uid": os.getuid(),
    "own_processes_only": not any(foreign(each) for each in pids),
    "others_homes": refused(lambda: os.listdir(HOMES)) or sorted(os.listdir(HOMES)),
    "hub_database": refused(read(HUB_DATABASE)),
    "store": refused(read(STORE)),
    "engine": refused(knock(ENGINE)),
    "signer": refused(knock(SIGNER)),
    "desk_port": refused(reach("127.0.0.1", DESK_PORT)),
    "gateway_port": refused(reach("127.0.0.1", GATEWAY_PORT)),
    "internet": refused(reach("198.51.100.1", 80)),
}))
"""


def start_server(stage: Stage) -> None:
    """From the permit's page to a kernel; isolated from everything but the public proxy."""
    startup = stage[STARTUP]
    startup.open(f"/desk/permits/{stage.permit}")
    startup.page.locator(f'a[href*="/hub/spawn/{STARTUP}/"]').first.click()
    startup.page.wait_for_url(re.compile(r"/user/.*/lab"), timeout=90_000)
    startup.page.wait_for_selector("#jp-main-dock-panel, .jp-LabShell", timeout=60_000)
    startup.page.goto(stage.system.server_url(STARTUP, stage.context) + "lab/tree/trial.ipynb")
    startup.page.wait_for_selector(".jp-Notebook", timeout=60_000)
    startup.shot("4-trial-notebook")
    stage.system.enter_server(STARTUP, stage.context)
    stage.kernel = stage.enter(stage.system.kernel(STARTUP, stage.context))
    stage.say("the permit's notebook server runs; trial.ipynb is in it")


def probe_isolation(stage: Stage) -> None:
    """The server sees no other user, no database, no engine, no signer, no network."""
    layout_state, port = stage.system.state, stage.system.port
    names = {
        "HOMES": str(layout_state / "homes"),
        "HUB_DATABASE": str(layout_state / "hub" / "jupyterhub.sqlite"),
        "STORE": str(next((layout_state / "store").glob("*.db"), layout_state / "store" / "x")),
        "ENGINE": str(stage.run_dir / "engine" / "kgst.ipc"),
        "SIGNER": str(stage.run_dir / "signer" / "signer.sock"),
        "DESK_PORT": port + 10,
        "GATEWAY_PORT": port + 20,
    }
    given = "\n".join(f"{name} = {value!r}" for name, value in names.items())
    seen = json.loads(stage.run(f"{given}\n{PROBE}").strip().splitlines()[-1])
    assert seen.pop("uid") != 0
    wrong = {name: value for name, value in seen.items() if value is not True}
    assert not wrong, wrong
    stage.say("the server sees no other user, database, engine, signer or network")


def try_out(stage: Stage) -> None:
    """Compile, check, deploy, invite, pay: the trial notebook's own cells."""
    assert stage.permit in stage.cell("permit")
    assert "window_volume" in stage.cell("limits")
    assert "TillFactory" in stage.cell("source")
    assert "holds 12500000000000000000" in stage.cell("lab")
    assert "nothing would be refused" in stage.cell("check").lower()
    addresses = stage.cell("deploy")
    assert len(re.findall(r"0x[0-9a-fA-F]{40}", addresses)) == 2
    stage.say("compiled with OpenZeppelin, checked, deployed two contracts through the gateway")
    assert stage.cell("people").count("registered") == 20
    assert stage.cell("money").count("10 000.00 KGST") == 20
    stage.say("20 customers and 3 merchants consented with their own wallets and hold KGST")
    usage = stage.cell("payments")
    assert re.search(r"window_volume\s+2 000\.00 KGST\s+500 000\.00 KGST", usage), usage
    stage.say("20 payments of 100 KGST through the contract: 2,000 KGST counted")


def make_key(stage: Stage) -> None:
    """A permit key, made on the permit's page, shown once."""
    startup = stage[STARTUP]
    startup.open(f"/desk/permits/{stage.permit}")
    startup.send("/keys", name="outside tools", days="30")
    stage.key = startup.page.locator("#secret").inner_text().strip()
    assert stage.key.startswith("spk_")
    startup.open(f"/desk/permits/{stage.permit}")
    assert stage.key not in startup.page.content()


def use_from_outside(stage: Stage) -> None:
    """The same trial with the permit key: the SDK, and plain web3.py at the address alone."""
    base = f"http://127.0.0.1:{stage.system.port}"
    outside = connect(base, key=stage.key, home=stage.home)
    stage.kept["outside"] = outside
    assert outside.number == stage.permit
    assert outside.usage()["window_volume"].used == 2_000 * KGST
    plain = Web3(HTTPProvider(f"{base}/rpc/kgst/{stage.key}"))
    assert plain.eth.chain_id == 56417
    assert plain.eth.accounts == [Web3.to_checksum_address(outside.wallet.address)]
    stage.kept["plain"] = plain
    stage.say("the same trial answers from outside the hub with a permit key")
