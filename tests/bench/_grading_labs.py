"""Two small labs and a class that hands them in: right, partly right, wrong, untouched."""

from __future__ import annotations

import json

import nbformat

from tests.grading.notebooks import answer, check, notebook, setup

WEB3 = notebook(
    setup(
        "from eth_account import Account\n"
        "from eth_account.messages import encode_defunct\n"
        "from web3 import Web3\n"
        "KEY = '0x' + '11' * 32"
    ),
    answer("def address_of(key):\n    return Account.from_key(key).address", "address"),
    check(
        "for seed in ('22', '33', '44'):\n"
        "    key = '0x' + seed * 32\n"
        "    assert address_of(key) == Account.from_key(key).address, 'addresses of other keys'",
        "address-test",
        4,
    ),
    answer("def minor(text):\n    return Web3.to_wei(text, 'ether')", "minor"),
    check(
        "score = 0.0\n"
        "if minor('12.5') == 12500000000000000000:\n    score += 1.5\n"
        "if minor('5000.01') == 5000010000000000000000:\n    score += 1.5\n"
        "score",
        "minor-test",
        3,
    ),
    answer(
        "def signed(key, text):\n"
        "    done = Account.sign_message(encode_defunct(text=text), key)\n"
        "    return bytes(done.signature)",
        "signed",
    ),
    check(
        "for text in ('one', 'two'):\n"
        "    signer = Account.recover_message(\n"
        "        encode_defunct(text=text), signature=signed(KEY, text))\n"
        "    assert signer == Account.from_key(KEY).address, 'signed by the key'",
        "signed-test",
        3,
    ),
)
WEB3_WRONG = {
    "minor": "def minor(text):\n    return int(float(text) * 10**18)",
    "signed": "def signed(key, text):\n    return b'no signature'",
}

PLAIN = notebook(
    setup("LIMIT = 1000"),
    answer(
        "def primes(n):\n"
        "    return [p for p in range(2, n) if all(p % q for q in range(2, int(p**0.5) + 1))]",
        "primes",
    ),
    check("assert primes(10) == [2, 3, 5, 7]\nassert len(primes(LIMIT)) == 168", "primes-test", 4),
    answer("def words(text):\n    return sorted(set(text.lower().split()))", "words"),
    check(
        "score = 0.0\n"
        "if words('b a b') == ['a', 'b']:\n    score += 1.0\n"
        "if words('A a') == ['a']:\n    score += 2.0\n"
        "score",
        "words-test",
        3,
    ),
    answer("def fill(box):\n    box.append(len(box))\n    return box", "fill"),
    check("box = [5]\nassert fill(box) == [5, 1]\nassert box == [5, 1]", "fill-test", 3),
)
PLAIN_WRONG = {
    "words": "def words(text):\n    return sorted(set(text.split()))",
    "fill": "def fill(box):\n    return [*box, len(box)]",
}
LABS = {"web3": (WEB3, WEB3_WRONG), "plain": (PLAIN, PLAIN_WRONG)}


def hand_ins(lab: str, release: str, count: int) -> dict[str, str]:
    """Notebooks by student.

    Args:
        lab: name of one of `LABS`.
        release: the students' version.
        count: of students.
    """
    master, wrong = LABS[lab]
    right = {
        each.metadata["nbgrader"]["grade_id"]: each.source
        for each in master.cells
        if each.metadata.get("nbgrader", {}).get("solution")
    }
    kinds = [right, {**right, **wrong}, {name: right[name] for name in list(right)[:2]}, {}]
    found = {}
    for number in range(count):
        made = json.loads(release)
        for cell in made["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id")
            cell["source"] = kinds[number % len(kinds)].get(name, cell["source"])
        found[f"s{number:03}"] = json.dumps(made)
    return found


def text(lab: str) -> str:
    """The master of a lab as a file."""
    return str(nbformat.writes(LABS[lab][0]))
