"""What tests of a permit's later life share."""

from __future__ import annotations

from datetime import timedelta

from sandbox.kit.ids import permit_key
from sandbox.services.automatic import (
    run_deadlines,
)
from sandbox.services.calls import read
from sandbox.services.countersigning import Countersign, countersign
from sandbox.services.duty import EnterDuty, enter_duty
from sandbox.services.extensions import AskExtension
from sandbox.services.life_views import life_view
from sandbox.services.policies import policy_of

PLAN = "Every customer redeems in full within three days; the bank answers for the rest."
WEEKS = timedelta(days=45)


def effective(world, number):
    """What the Supervisor holds in force."""
    where = world.system.national["kgst"]
    return read(world.ports.gateway, "kgst", where.supervisor, "effective", permit_key(number))


def sign(world, file_id, who="feruza"):
    """The second signature under the newest proposal."""
    proposed = [each for each in world.file(file_id).decisions if each.status == "proposed"]
    last = max(proposed, key=lambda each: each.authored_at)
    return world.do(countersign, who, Countersign(last.id), ports=True)


def life(world, file_id, who="ermek"):
    """The life of a file as somebody sees it."""
    actor = world.actor(who)
    view = world.file(file_id, who)
    with world.store.unit(read_only=True) as u:
        return life_view(u, actor, view, at=world.at)


def lines(world, file_id):
    """Deadlines by kind and state."""
    return {(each.kind, each.state): each for each in life(world, file_id).deadlines}


def policy_state(world, number):
    """What the gateway is told."""
    with world.store.unit(read_only=True) as u:
        permit = u.permits.get(number)
        return policy_of(u, permit, u.files.get(permit.file)).state


def of(world, number):
    """The file of a permit."""
    return world.permit(number).file


def on_duty(world, who="gulnara"):
    """A duty officer for a week."""
    span = (world.at - timedelta(hours=1), world.at + timedelta(days=7))
    return world.do(enter_duty, "ermek", EnterDuty(who, *span))


def later(world, ahead):
    """Move the desk's clock and let the worker draw what is due."""
    world.clock.ahead = ahead
    run_deadlines(world.worker.desk)


def asked(world, number, days=30):
    """A request for some days more."""
    until = world.permit(number).terms.end + timedelta(days=days)
    return AskExtension(number, until, "The merchants joined late.")
