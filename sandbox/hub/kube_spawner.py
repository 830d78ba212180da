"""The spawner on a cluster: one pod and one volume claim for each user and context.

Rules:

- Who may start which context is asked each time, as on one machine; so is whose turn it is.
- A pod has no privileges, no capabilities, no token of the cluster, and its own files alone.
- A permit's cores and memory are the pod's limits, read at each start; a running pod keeps those
  that it started with. Its disk is the size of the claim, as long as the claim is not there yet.
- Hours in a day cannot be held here, as nobody counts them for the whole cluster: a server of
  a permit that limits them does not start.
- Names that look alike never share a pod or a claim: KubeSpawner's safe names carry a hash.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from kubespawner import KubeSpawner

from sandbox.domain.server_limits import read_limits
from sandbox.hub.contexts import Context
from sandbox.hub.spawner import ContextSpawner
from sandbox.hub.workplace import SERVER, environment, template_of
from sandbox.kit.errors import Unavailable

USER_ID: Final = 1000
"""The user of the image; the same in every pod, as pods share nothing."""
HOME: Final = "/home/synak"
_MEGABYTE: Final = 1 << 20
_COPY_ONCE: Final = 'cp -n "$0" "$HOME" || true; exec "$@"'


class SynakKubeSpawner(ContextSpawner, KubeSpawner):  # type: ignore[misc]
    """Starts a user's server for one context as a pod.

    Attributes:
        inside: the public proxy's address inside the cluster; all that a pod reaches.
        most_memory: megabytes of a server without a limit of its own, and the most of any.
        most_cores: cores of a server without a limit of its own.
        disk: megabytes of a claim without a limit of its own.
    """

    inside: str
    most_memory: int = 1536
    most_cores: ClassVar[float] = 2.0
    disk: int = 2048

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.slug_scheme = "safe"
        self.uid = self.gid = self.fs_gid = USER_ID
        self.allow_privilege_escalation = False
        self.automount_service_account_token = False
        self.pod_security_context = {
            "runAsNonRoot": True,
            "fsGroup": USER_ID,
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        self.container_security_context = {
            "privileged": False,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }
        self.extra_pod_config = {"enableServiceLinks": False, "restartPolicy": "Never"}
        self.storage_pvc_ensure = True
        self.storage_access_modes = ["ReadWriteOnce"]
        self.volumes = {
            "home": {"name": "home", "persistentVolumeClaim": {"claimName": "{pvc_name}"}}
        }
        self.volume_mounts = {"home": {"name": "home", "mountPath": HOME}}

    def arrange(self, context: Context) -> None:
        """Set what the context decides: limits, labels, command.

        Args:
            context: authorised, with its limits as they are now.

        Raises:
            InvalidInput: ``terms.malformed``, ``terms.server_range``.
            Unavailable: ``hub.limit_not_held``, where the permit limits hours.
        """
        limits = read_limits(context.limits)
        if limits.hours is not None:
            raise Unavailable("hub.limit_not_held", context=context.name)
        memory = min(self.most_memory, limits.memory or self.most_memory)
        self.mem_limit = memory * _MEGABYTE
        self.mem_guarantee = memory * _MEGABYTE // 2
        self.cpu_limit = float(limits.cores or self.most_cores)
        self.cpu_guarantee = min(0.25, self.cpu_limit)
        self.storage_capacity = f"{limits.disk or self.disk}Mi"
        self.extra_labels = {"synak/kind": context.name.partition("-")[0]}
        template = template_of(context.name)
        copying = ["/bin/sh", "-c", _COPY_ONCE, str(template)] if template else []
        self.cmd = [*copying, *SERVER]

    async def _begin(self, context: Context) -> Any:
        self.arrange(context)
        return await KubeSpawner.start(self)

    def get_env(self) -> dict[str, str]:
        """The server's variables: those of every workspace, and where the platform is."""
        env: dict[str, str] = super().get_env()
        return {
            **env,
            "HOME": HOME,
            **environment(self.context, HOME),
            "SYNAK_URL": self.inside,
            "SYNAK_CONTEXT": self.context,
            **self.idle.environment(),
            "SYNAK_KERNEL_TRANSPORT": "tcp",
        }

    async def _poll(self) -> int | None:
        """How the pod ended; None while it runs."""
        code: int | None = await KubeSpawner.poll(self)
        return code
