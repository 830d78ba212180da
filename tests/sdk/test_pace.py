"""A trial and its people draw their turns from one pace, the permit's own."""

import time

from sandbox.sdk import connect
from tests.sdk.desk_server import served

TRIAL = {
    "number": "S-2026-1",
    "product": "Pay",
    "state": "active",
    "settlement": "0x" + "11" * 20,
    "terms": {"requests_per_second": "10"},
}
PEOPLE = [
    {"id": f"p{n}", "kind": "customer", "state": "registered", "address": f"0x{n + 1:040x}"}
    for n in range(3)
]


def test_wallets_of_one_trial_stay_together_below_the_permits_rate(tmp_path):
    asked = []

    def answer(method, path, _headers, _body):
        if path.startswith("/rpc/"):
            asked.append(time.monotonic())
            return 200, {"jsonrpc": "2.0", "id": 0, "result": "0x5"}
        if path.endswith("/trial"):
            return 200, TRIAL
        if method == "POST":
            return 200, [{**each, "token": f"sct_{each['id']}"} for each in PEOPLE]
        return 200, PEOPLE

    with served(answer) as url:
        my = connect(url, key="spk_x", home=tmp_path)
        wallets = [my.wallet, *my.invite_customers(3)]
        for number in range(20):
            assert wallets[number % 4].w3().eth.block_number == 5
        my.close()
    assert max(sum(first <= each < first + 1 for each in asked) for first in asked) <= 10
    assert asked[7] - asked[0] < 1
