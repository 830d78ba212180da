"""Plain building blocks: no I/O, no framework, nothing that knows about permits.

``errors``, ``ids``, ``money``, ``clock``, ``canonical``, ``merkle``, ``commitment`` and ``credit``.
"""
