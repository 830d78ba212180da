"""Chains that lose nothing.

The journal is the truth; the engine (anvil) is a replaceable calculator:

- ``transaction``  reads signed transactions,
- ``records``, ``journal``  the append-only file, framed and hash-chained,
- ``queue``  nonce order, replacement, bounded gaps,
- ``producer``  one block: feed, mine, verify,
- ``epochs``, ``recovery``  snapshots at fixed points, and the way back,
- ``node``  all of it as one object, ``ChainNode``,
- ``replay``  the proof: a journal rebuilt on a clean engine,
- ``national``  the two national chains, ``signer``  the keys.
"""
