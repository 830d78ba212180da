"""nbgrader's exchange over HTTP: plugins that run in users' servers and talk to the desk.

They hold no power: the server's hub token says who asks, the desk decides. nbgrader
loads them by its own plugin points (``c.ExchangeFactory.…``), see
``hub_config/singleuser/nbgrader_config.py``.
"""
