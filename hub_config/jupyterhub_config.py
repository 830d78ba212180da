"""JupyterHub's configuration; everything variable comes from the settings and secrets.

Rules: the hub runs as its own user without privileges; the proxy is a process of its
own, so that a restart of the hub cuts nobody off; user servers are on another host name
than hub and desk; nobody is an admin.
"""

from __future__ import annotations

import json

from sandbox.hub import scopes
from sandbox.hub.contexts import Contexts
from sandbox.hub.pages import DeskAuthenticator, no_such_page, page_variables
from sandbox.hub.seats import carried_here
from sandbox.hub.spawner import SynakSpawner, token_scopes
from sandbox.hub.start_queue import StartQueue
from sandbox.services.outside_file import required
from sandbox.settings import Settings
from sandbox.toolchain.layout import CHECKOUT

c = get_config()
settings = Settings.load()
paths = settings.paths
host, port = settings.install.host, settings.install.port


def secret(name: str) -> str:
    """One of the hub's own secrets."""
    return settings.secret("hub", name)


# Addresses: hub and desk on one host name, every user's server on another.
c.JupyterHub.subdomain_host = settings.url
c.JupyterHub.public_url = settings.url
c.JupyterHub.bind_url = f"http://{settings.install.bind}:{port}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{paths.hub_port}"
c.JupyterHub.hub_connect_url = f"http://127.0.0.1:{paths.hub_port}"
c.Spawner.hub_connect_url = settings.url

# State.
c.JupyterHub.db_url = f"sqlite:///{paths.hub_dir / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret = bytes.fromhex(secret("cookie_secret"))
c.JupyterHub.cleanup_proxy = False
c.JupyterHub.cleanup_servers = False

# The proxy, a process of its own.
c.JupyterHub.proxy_class = "configurable-http-proxy"
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{paths.proxy_api_port}"
c.ConfigurableHTTPProxy.auth_token = secret("proxy_token")
desk, gateway = f"http://127.0.0.1:{paths.desk_port}", f"http://127.0.0.1:{paths.gateway_port}"
c.Proxy.extra_routes = {
    f"{host}/desk/": desk,
    f"{host}/rpc/": gateway,
    # Command line clients resolve no *.localhost; they use the address itself.
    **{f"{name}/rpc/": gateway for name in ("127.0.0.1", "localhost")},
    **{f"{name}/": desk for name in ("127.0.0.1", "localhost")},
}

# Who may come in.
carries = carried_here(at_once=settings.hub.servers_at_once, seats=settings.hub.seats)
queue = StartQueue(at_once=carries.at_once, seats=carries.seats)
contexts = Contexts(f"{desk}/desk/api/v1/internal/contexts", secret("desk_token"))
outside = required(settings)
DeskAuthenticator.contexts = contexts
DeskAuthenticator.secure = settings.url.startswith("https://")
DeskAuthenticator.queue = queue
c.JupyterHub.authenticator_class = DeskAuthenticator
DeskAuthenticator.shared = frozenset()
if settings.install.development and paths.accounts_file.exists():
    demo = json.loads(paths.accounts_file.read_text(encoding="utf-8"))
    DeskAuthenticator.shared = frozenset(account["name"] for account in demo)
    c.SharedPasswordAuthenticator.user_password = secret("demo_password")
c.Authenticator.allowed_users = set(DeskAuthenticator.shared)
c.Authenticator.admin_users = set()
c.Authenticator.enable_auth_state = False
c.Authenticator.refresh_pre_spawn = True

# Power.
c.JupyterHub.custom_scopes = {name: dict(text) for name, text in scopes.CUSTOM_SCOPES.items()}
c.JupyterHub.load_roles = scopes.roles()
c.JupyterHub.services = [
    {
        "name": scopes.DESK_SERVICE,
        "api_token": secret("desk_oauth_secret"),
        "oauth_client_id": "service-desk",
        "oauth_redirect_uri": f"{settings.url}/desk/oauth_callback",
        "oauth_no_confirm": True,
        "oauth_client_allowed_scopes": [
            scopes.DESK,
            "read:users:name!user",
            "read:users:groups!user",
        ],
    },
    {"name": scopes.MANAGER_SERVICE, "api_token": secret("manager_token")},
    {"name": scopes.MEMBERSHIP_SERVICE, "api_token": secret("membership_token")},
]

# Users' servers.
SynakSpawner.layout = paths
SynakSpawner.contexts = contexts
SynakSpawner.queue = queue
c.JupyterHub.spawner_class = SynakSpawner
c.JupyterHub.allow_named_servers = True
c.JupyterHub.concurrent_spawn_limit = 0  # the queue's affair; the hub would answer with an error
c.Spawner.server_token_scopes = token_scopes
c.Spawner.start_timeout = settings.hub.server_start_timeout
c.Spawner.http_timeout = settings.hub.server_start_timeout
c.Spawner.poll_interval = 15
c.Spawner.disable_user_config = False
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 5}

# Pages.
c.JupyterHub.template_paths = [str(CHECKOUT / "hub_config" / "templates")]
c.JupyterHub.template_vars = page_variables(
    development=settings.install.development,
    isolation=settings.isolation_found,
    default=settings.install.language,
    providers=[(each.name, each.title) for each in outside.providers],
)
c.JupyterHub.extra_handlers = no_such_page()
c.JupyterHub.default_url = "/hub/home"
c.JupyterHub.log_level = "WARN"
