"""The worker's process: settings in, loops and a health socket out."""

from __future__ import annotations

import json
import shutil
import signal
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.kit.clock import SystemClock
from sandbox.locale import language
from sandbox.services.alert_pack_watch import pack_loops
from sandbox.services.alert_trials import run_trials
from sandbox.services.alert_watch import alert_loops
from sandbox.services.attesting import Attester
from sandbox.services.audit import HeadKey
from sandbox.services.cases.makers import Maker
from sandbox.services.classroom_launcher import LauncherGrader
from sandbox.services.classroom_queue import Grading, grading_loops
from sandbox.services.classroom_self_check_queue import SelfChecking
from sandbox.services.evidence_export import Exporter
from sandbox.services.exit_archives import Archiver
from sandbox.services.explorer_follow import explorer_loops
from sandbox.services.gateway_client import GatewayClient
from sandbox.services.investigation_queue import CaseQueue, case_loops
from sandbox.services.journal_replayer import LauncherReplays, Replayer
from sandbox.services.leaving_outside import Hub
from sandbox.services.loops import Loop
from sandbox.services.mail_delivery import Carrier, Delivery, Folder, Server
from sandbox.services.notices import follow
from sandbox.services.outside_file import configured
from sandbox.services.passback_delivery import Passback
from sandbox.services.passback_wire import GradeBook
from sandbox.services.publication import Desk
from sandbox.services.retention import Retention
from sandbox.services.standing import standing_loops
from sandbox.services.tool_keys import ToolKey
from sandbox.services.webhook_delivery import Deliveries
from sandbox.services.webhook_wire import Wire
from sandbox.services.webhooks import Seal
from sandbox.services.witnessing import Witnessing
from sandbox.services.worker import Worker
from sandbox.store import Store
from sandbox.store.classroom_blobs import Blobs

if TYPE_CHECKING:
    from sandbox.settings import Settings


def main(settings: Settings) -> None:
    """Run the worker until SIGTERM or SIGINT.

    Args:
        settings: of this install.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    store, clock = Store(settings.database_url), SystemClock()
    grading = Grading(
        store=store,
        blobs=Blobs(settings.paths.store_dir / "blobs"),
        jobs_folder=settings.paths.worker_dir / "grading",
        grader=LauncherGrader(settings.paths.launcher_socket),
        clock=clock,
    )
    hub = Hub(settings.paths.hub_api, settings.secret("worker", "hub_token"))
    desk = Desk(store, GatewayClient(settings.paths.gateway_socket), clock, hub=hub)
    key = HeadKey.load(settings.paths.secrets("worker") / "head_key")
    exporter = Exporter(
        desk,
        key,
        settings.paths.store_dir / "evidence",
    )
    archiver = Archiver(desk, settings.paths.store_dir / "blobs", exporter.folder)
    replayer = Replayer(
        desk,
        LauncherReplays(settings.paths.launcher_socket),
        settings.paths.worker_dir / "replays",
    )
    making = settings.paths.worker_dir / "cases"
    shutil.rmtree(making, ignore_errors=True)  # of a worker that was killed
    making.mkdir(mode=0o700)
    loops = [
        Loop("replays", replayer.work_once, 1.0),
        Loop("evidence", exporter.work_once, 1.0, patience=3_600),
        Loop("archives", archiver.work_once, 1.0, patience=3_600),
        *case_loops(
            CaseQueue(
                store,
                grading.blobs,
                clock,
                tuple(Maker(making) for _ in range(settings.grading.case_workers)),
            )
        ),
        *grading_loops(grading, settings.grading.grading_workers, SelfChecking(grading).work_once),
        Loop(
            "notices",
            lambda: follow(desk, public_url=settings.url, mail=settings.sends_mail),
            1.0,
        ),
        *([Loop("mail", _delivery(settings, desk).work_once, 2.0)] if settings.sends_mail else []),
        Loop("witnesses", _witnessing(settings, desk, key).work_once, 10.0, patience=600),
        Loop("attestations", Attester(desk).work_once, 3.0, patience=600),
        Loop("webhooks", _deliveries(settings, desk).work_once, 0.5),
        Loop("passback", _passback(settings, desk).work_once, 1.0),
        *explorer_loops(desk),
        *alert_loops(desk),
        *pack_loops(desk),
        Loop("retention", Retention(desk).turn, 5.0, patience=600),
        *standing_loops(desk),
        Loop("supervision.trials", lambda: run_trials(desk), 1.0, patience=3_600),
    ]
    worker_main(Worker(desk, loops), settings.paths.worker_socket, stop)


def _witnessing(settings: Settings, desk: Desk, key: HeadKey) -> Witnessing:
    found = settings.witness
    return Witnessing(
        desk,
        key,
        found.witness_hours,
        found.witness_mail if settings.sends_mail and found.witness_mail else None,
        language(None, settings.install.language),
    )


def _deliveries(settings: Settings, desk: Desk) -> Deliveries:
    loopback, own = settings.install.development, settings.paths.own_ports
    seal = Seal(settings.secret("worker", "webhook_key"), loopback=loopback, own=own)
    return Deliveries(desk, seal, Wire(loopback=loopback, own=own))


def _passback(settings: Settings, desk: Desk) -> Passback:
    """Marks for the platforms that take them; without any, what waits says that there is none."""
    taking = [each for each in configured(settings).platforms if each.token]
    name = settings.sign_in.lti_key_names[0]
    books = {
        each.name: GradeBook(each, ToolKey(settings.secret("worker", f"lti_key_{name}")))
        for each in taking
    }
    return Passback(desk, books, language(None, settings.install.language))


def _delivery(settings: Settings, desk: Desk) -> Delivery:
    mail = settings.mail
    carrier: Carrier = Folder(settings.paths.worker_dir / "mail")
    if mail.mail_host:
        carrier = Server(
            mail.mail_host,
            mail.mail_port,
            mail.mail_security,
            mail.mail_user,
            lambda: settings.secret("worker", "mail_password"),
        )
    return Delivery(desk, carrier, settings.mail_sender)


def worker_main(worker: Worker, health_socket: Path, stop: threading.Event) -> None:
    """Run a worker with its health on a unix socket.

    Args:
        worker: the loops.
        health_socket: answers ``GET /healthz``; replaced when it is left over.
        stop: set to stop.
    """
    health_socket.unlink(missing_ok=True)
    with _HealthServer(str(health_socket), _handler(worker)) as server:
        health_socket.chmod(0o660)
        thread = threading.Thread(target=server.serve_forever, daemon=True, name="health")
        thread.start()
        worker.run(stop)
        server.shutdown()
    health_socket.unlink(missing_ok=True)


class _HealthServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def _handler(worker: Worker) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer with the worker's health; 503 when something is failing."""
            if self.path != "/healthz":
                self.send_error(404)
                return
            health = worker.health()
            body = json.dumps(health).encode()
            self.send_response(200 if health["status"] == "ok" else 503)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def address_string(self) -> str:
            """A unix socket has no address."""
            return "unix"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Health is asked often: not logged."""

    return Handler
