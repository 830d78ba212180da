"""Raw transactions: what is taken, what is refused by name, what becomes evidence."""

from tests.gateway.support import TOKEN, transfer


def test_a_signed_transaction_of_the_permits_wallet_is_acknowledged_and_mined(system, permit):
    permit.issue(permit.account.address, 100 * TOKEN)
    wallet, _ = permit.customer(1)
    digest = system.ok(
        permit, "eth_sendRawTransaction", permit.sign(data=transfer(wallet, 30 * TOKEN))
    )
    assert system.receipt(permit, digest)["status"] == "0x1"
