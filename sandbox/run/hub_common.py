"""What JupyterHub is configured to wherever it runs: who comes in, which power, which pages.

On one machine ``hub_config/jupyterhub_config.py`` adds the addresses and the launcher; on a
cluster ``hub_config/kubernetes/hub.py`` adds theirs. Nobody is an admin in either.
"""

from __future__ import annotations

import json
from typing import Any

from sandbox.domain.server_limits import read_role_limits
from sandbox.hub import scopes
from sandbox.hub.booked import Booked
from sandbox.hub.contexts import Contexts
from sandbox.hub.idle_rule import Rule
from sandbox.hub.pages import DeskAuthenticator, no_such_page, page_variables
from sandbox.hub.seats import carried_here
from sandbox.hub.spawner import ContextSpawner, token_scopes
from sandbox.hub.start_queue import StartQueue
from sandbox.services.outside_file import required
from sandbox.settings import Settings
from sandbox.toolchain.layout import CHECKOUT


def configure(c: Any, settings: Settings, spawner: type[ContextSpawner], *, desk: str) -> None:
    """Set what does not depend on where the hub runs.

    Args:
        c: JupyterHub's configuration.
        settings: of the install.
        spawner: how servers are started.
        desk: where the hub reaches the desk, without a slash at the end.

    Raises:
        Refused: ``hub.no_authenticator``.
        NotFound: ``settings.no_secret``.
    """
    c.JupyterHub.subdomain_host = settings.url
    c.JupyterHub.public_url = settings.url
    c.JupyterHub.cookie_secret = bytes.fromhex(_secret(settings, "cookie_secret"))
    c.JupyterHub.cleanup_proxy = False
    c.JupyterHub.cleanup_servers = False
    c.JupyterHub.proxy_class = "configurable-http-proxy"
    c.ConfigurableHTTPProxy.should_start = False
    token = _secret(settings, "desk_token")
    by_role = read_role_limits(json.loads(settings.hub.role_limits))
    contexts = Contexts(f"{desk}/desk/api/v1/internal/contexts", token, by_role)
    carries = carried_here(at_once=settings.hub.servers_at_once, seats=settings.hub.seats)
    booked = Booked(contexts.bookings)
    queue = StartQueue(at_once=carries.at_once, seats=carries.seats, booked=booked)
    _people(c, settings, contexts, queue)
    _power(c, settings)
    _servers(c, settings, spawner)
    spawner.contexts, spawner.queue = contexts, queue
    spawner.idle = DeskAuthenticator.idle = Rule.of(settings.hub)


def _secret(settings: Settings, name: str) -> str:
    return settings.secret("hub", name)


def _people(c: Any, settings: Settings, contexts: Contexts, queue: StartQueue) -> None:
    """Who may come in, and what they see."""
    outside = required(settings)
    DeskAuthenticator.contexts = contexts
    DeskAuthenticator.secure = settings.url.startswith("https://")
    DeskAuthenticator.queue = queue
    DeskAuthenticator.shared = frozenset()
    accounts = settings.paths.accounts_file
    if settings.install.development and accounts.exists():
        demo = json.loads(accounts.read_text(encoding="utf-8"))
        DeskAuthenticator.shared = frozenset(account["name"] for account in demo)
        c.SharedPasswordAuthenticator.user_password = _secret(settings, "demo_password")
    c.JupyterHub.authenticator_class = DeskAuthenticator
    c.Authenticator.allowed_users = set(DeskAuthenticator.shared)
    c.Authenticator.admin_users = set()
    c.Authenticator.enable_auth_state = False
    c.Authenticator.refresh_pre_spawn = True
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


def _power(c: Any, settings: Settings) -> None:
    """Scopes, roles, and the services that hold them."""
    c.JupyterHub.custom_scopes = {name: dict(text) for name, text in scopes.CUSTOM_SCOPES.items()}
    c.JupyterHub.load_roles = scopes.roles()
    c.JupyterHub.services = [
        {
            "name": scopes.DESK_SERVICE,
            "api_token": _secret(settings, "desk_oauth_secret"),
            "oauth_client_id": "service-desk",
            "oauth_redirect_uri": f"{settings.url}/desk/oauth_callback",
            "oauth_no_confirm": True,
            "oauth_client_allowed_scopes": [
                scopes.DESK,
                "read:users:name!user",
                "read:users:groups!user",
            ],
        },
        {"name": scopes.MANAGER_SERVICE, "api_token": _secret(settings, "manager_token")},
        {"name": scopes.MEMBERSHIP_SERVICE, "api_token": _secret(settings, "membership_token")},
    ]


def _servers(c: Any, settings: Settings, spawner: type[ContextSpawner]) -> None:
    """Users' servers: one for each context."""
    c.JupyterHub.spawner_class = spawner
    c.JupyterHub.allow_named_servers = True
    c.JupyterHub.concurrent_spawn_limit = 0  # the queue's affair; the hub would answer an error
    c.Spawner.server_token_scopes = token_scopes
    c.Spawner.start_timeout = settings.hub.server_start_timeout
    c.Spawner.http_timeout = settings.hub.server_start_timeout
    c.Spawner.poll_interval = 15
    c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 5}
