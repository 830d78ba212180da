"""Use cases: the only place that joins the domain with store, chain and hub.

A use case is ``f(u, actor, command, *, at)`` (plus ``ports`` when it needs the signer or the
gateway) and returns a view. It never commits: the edge does, once, with ``u.commit()``.
"""
