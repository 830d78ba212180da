"""The values that the traces of a cell are asked for, found in another way than the course does."""

from __future__ import annotations

from collections import Counter


def answers(mine):
    """Values by name; lists of letters as sets."""
    (log,) = mine.permit["logs"]
    taken, open_now = Counter(), Counter()
    for each in mine.events:
        if (each["what"], each["other"]) == ("allows", mine.drainer):
            open_now[each["one"]] = each["som"]
        elif (each["what"], each["by"]) == ("pays", mine.drainer):
            taken[each["one"]] += each["som"]
            open_now[each["one"]] -= each["som"]
    empty = {each["payee"]: each["block"] for each in mine.history if not each["som"]}
    (lost,) = (each for each in mine.history if each["som"] and each["payee"] in empty)
    handle = next(each["handle"] for each in mine.packet if each["asks"] == "allowance")
    (till,) = (
        each["letter"]
        for each in mine.packet
        if each["handle"] == handle and each["asks"] == "payment"
    )
    paid = {each["one"]: each["som"] for each in mine.events if each["other"] == till}
    return {
        "owner": "0x" + log["topics"][1][26:],
        "spender": "0x" + log["topics"][2][26:],
        "allowed": int(log["data"], 16),
        "victims": set(taken),
        "lost": taken.total(),
        "endangered": {who for who, som in open_now.items() if som},
        "alike": lost["payee"],
        "wrong": lost["som"],
        "bait": empty[lost["payee"]],
        "payers": set(paid),
        "altogether": taken.total() + sum(paid.values()),
    }
