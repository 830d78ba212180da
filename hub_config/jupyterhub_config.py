"""JupyterHub's configuration on one machine; everything variable comes from settings and secrets.

Rules: the hub runs as its own user without privileges; the proxy is a process of its
own, so that a restart of the hub cuts nobody off; user servers are on another host name
than hub and desk; nobody is an admin. What holds on a cluster too is in
``sandbox/run/hub_common.py``.
"""

from __future__ import annotations

from sandbox.hub.spawner import SynakSpawner
from sandbox.run.hub_common import configure
from sandbox.settings import Settings

c = get_config()
settings = Settings.load()
paths = settings.paths
host, port = settings.install.host, settings.install.port
desk, gateway = f"http://127.0.0.1:{paths.desk_port}", f"http://127.0.0.1:{paths.gateway_port}"
configure(c, settings, SynakSpawner, desk=desk)
SynakSpawner.layout = paths

# Addresses: hub and desk on one host name, every user's server on another.
c.JupyterHub.bind_url = f"http://{settings.install.bind}:{port}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{paths.hub_port}"
c.JupyterHub.hub_connect_url = f"http://127.0.0.1:{paths.hub_port}"
c.Spawner.hub_connect_url = settings.url
c.JupyterHub.db_url = f"sqlite:///{paths.hub_dir / 'jupyterhub.sqlite'}"

# The proxy, a process of its own.
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{paths.proxy_api_port}"
c.ConfigurableHTTPProxy.auth_token = settings.secret("hub", "proxy_token")
c.Proxy.extra_routes = {
    f"{host}/desk/": desk,
    f"{host}/rpc/": gateway,
    # Command line clients resolve no *.localhost; they use the address itself.
    **{f"{name}/rpc/": gateway for name in ("127.0.0.1", "localhost")},
    **{f"{name}/": desk for name in ("127.0.0.1", "localhost")},
}
