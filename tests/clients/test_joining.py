"""A wallet joins from the permit's notebook server; a permit key lets none in."""

from __future__ import annotations

import pytest
from eth_account import Account
from web3 import HTTPProvider, Web3

from sandbox.sdk import connect
from sandbox.sdk.errors import SdkError
from tests.clients.published import mined

pytestmark = pytest.mark.slow


def test_a_permit_key_lets_no_wallet_in(trial, tmp_path):
    outside = connect(trial.base, key=trial.key, home=tmp_path)
    try:
        with pytest.raises(SdkError, match=r"wallet\.not_by_key|permit key"):
            outside.join_wallet(Account.create())
    finally:
        outside.close()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # web3's own sessions
def test_a_wallet_joins_from_the_notebook_server_and_sends_from_outside(trial, running_system):
    key = Account.create()
    context = f"permit-{trial.number.lower()}"
    running_system.start_server("aigul", context)
    said = running_system.run_cell(
        "aigul",
        context,
        "from eth_account import Account\n"
        "from sandbox.sdk import trial\n"
        f"mine = Account.from_key('{key.key.to_0x_hex()}')\n"
        "print(trial().join_wallet(mine, chain='som', name='deployer')['state'])",
    )
    assert "registered" in said
    w3 = Web3(HTTPProvider(trial.url("som")))
    signed = key.sign_transaction(
        {
            "nonce": 0,
            "to": trial.national("som")["token"],
            "data": "0x18160ddd",
            "gas": 100_000,
            "gasPrice": 0,
            "value": 0,
            "chainId": 417,
        }
    )
    mined(w3, w3.eth.send_raw_transaction(signed.raw_transaction))
