"""Configuration of every user's server, read inside its isolation.

Kernels talk over loopback of the server's own network, or over unix sockets where
there is no network of its own. A server that nobody uses stops after a warning
(``sandbox.hub.idle``); its home stays. What is changed is saved every 10 seconds
(``labconfig/default_setting_overrides.json``).
Only a course's server has the tools of coursework; there, where works of others are looked at,
pages load nothing from elsewhere: a picture in a text would tell its author who opened it and when.
Nothing of the server's own comes from the home: neither extensions of pages, which could switch
others off, nor templates of nbconvert, which are programs.
nbgrader's formgrader is a frame in JupyterLab, and a PDF is an object that it makes: both are the
server's own, which has a host name for its user alone.
"""

from __future__ import annotations

import os
from pathlib import Path

from jupyter_core.paths import jupyter_path

c = get_config()
idle = int(os.environ.get("SYNAK_IDLE_TIMEOUT", "3600"))
course = os.environ.get("SYNAK_CONTEXT", "").startswith("course-")

c.ServerApp.jpserver_extensions = {
    "nbgrader.server_extensions.assignment_list": course,
    "nbgrader.server_extensions.course_list": False,
    "nbgrader.server_extensions.formgrader": course,
    "nbgrader.server_extensions.validate_assignment": course,
    "notebook": False,
    "sandbox.hub.idle": True,
    **({"sandbox.hub.exchange.course_home": True} if course else {}),
}
c.MappingKernelManager.cull_idle_timeout = idle
c.MappingKernelManager.cull_connected = False
c.MappingKernelManager.cull_interval = 60
c.KernelManager.transport = os.environ.get("SYNAK_KERNEL_TRANSPORT", "tcp")
c.ServerApp.kernel_spec_manager_class = "sandbox.hub.kernels.SafeKernels"
c.FileContentsManager.delete_to_trash = False
if course:
    inside = "'self' data: blob:"
    policy = (
        f"default-src {inside}; script-src {inside} 'unsafe-inline' 'unsafe-eval'; "
        f"style-src {inside} 'unsafe-inline'; connect-src {inside} ws: wss:; "
        "object-src blob:; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
    )
    c.ServerApp.tornado_settings = {"headers": {"Content-Security-Policy": policy}}
c.ServerApp.contents_manager_class = "sandbox.hub.full_disk.FilesOnLimitedDisk"
c.LabApp.extra_labextensions_path = [str(Path(__file__).parent / "labextensions")]
c.LabApp.labextensions_path = [
    each for each in jupyter_path("labextensions") if not Path(each).is_relative_to(Path.home())
]
c.TemplateExporter.extra_template_basedirs = []
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
