"""JupyterHub's configuration on a cluster: in place of the chart's own (values.yaml, ``hub.args``).

Rules: what does not depend on where the hub runs is ``sandbox/run/hub_common.py``; what an
operator sizes is read from the chart's values; a pod reaches the public proxy by its name in the
cluster, and nothing else.
"""

from __future__ import annotations

import os
from pathlib import Path

import yaml

from sandbox.hub.kube_spawner import SynakKubeSpawner
from sandbox.run.hub_common import configure
from sandbox.settings import Settings

c = get_config()
settings = Settings.load()
values = yaml.safe_load(Path(os.environ["SYNAK_CHART_VALUES"]).read_text(encoding="utf-8"))
own = values["custom"]["synak"]
desk, gateway, inside = own["desk"], own["gateway"], own["inside"]
configure(c, settings, SynakKubeSpawner, desk=desk)

# Addresses. The token of the proxy's API comes from the chart, as CONFIGPROXY_AUTH_TOKEN.
hub = "http://hub:8081"
c.JupyterHub.bind_url = "http://:8000"
c.JupyterHub.hub_bind_url = "http://:8081"
c.JupyterHub.hub_connect_url = hub
c.Spawner.hub_connect_url = f"http://{inside}"
c.JupyterHub.db_url = "sqlite:////srv/jupyterhub/jupyterhub.sqlite"
c.JupyterHub.upgrade_db = True
c.ConfigurableHTTPProxy.api_url = "http://proxy-api:8001"
c.Proxy.extra_routes = {
    f"{settings.install.host}/desk/": desk,
    f"{settings.install.host}/rpc/": gateway,
    f"{inside}/desk/": desk,
    f"{inside}/rpc/": gateway,
    f"{inside}/hub/": hub,
}

# Users' servers.
single = values["singleuser"]
image = single["image"]
c.KubeSpawner.namespace = os.environ["POD_NAMESPACE"]
c.KubeSpawner.image = f"{image['name']}:{image['tag']}"
c.KubeSpawner.storage_class = single["storage"]["dynamic"]["storageClass"]
c.KubeSpawner.common_labels = {
    "app.kubernetes.io/name": "jupyterhub",
    "app.kubernetes.io/instance": os.environ["HELM_RELEASE_NAME"],
    "app.kubernetes.io/managed-by": "kubespawner",
    "app": "jupyterhub",
    "release": os.environ["HELM_RELEASE_NAME"],
}
c.KubeSpawner.extra_pod_config = {"enableServiceLinks": False}
SynakKubeSpawner.inside = f"http://{inside}"
SynakKubeSpawner.most_memory = settings.hub.server_memory_mb
SynakKubeSpawner.most_cores = float(single["cpu"]["limit"])
SynakKubeSpawner.disk = int(own["diskMegabytes"])
