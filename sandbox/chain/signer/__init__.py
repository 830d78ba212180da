"""The signer: a process of its own that holds the one seed and signs.

No key ever leaves it. ``keys`` derives them, ``requests`` reads what is asked,
``server`` decides who may ask, ``client`` asks.
"""
