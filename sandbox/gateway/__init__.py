"""The gateway: the one gate to the trial chains.

Everything that reaches a trial chain passes here; what the gateway does not
know is refused, and when it cannot decide it refuses. The order of the checks
is in ``pipeline``, each check is one file in ``steps``.
"""
