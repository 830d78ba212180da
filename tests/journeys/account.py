"""The journey as a list of scenes: the test runs them one by one, the demo tells them."""

from __future__ import annotations

from collections.abc import Callable

from tests.journeys import step1_apply as apply
from tests.journeys import step2_decide as decide
from tests.journeys import step4_run as run
from tests.journeys import step5_refuse as refuse
from tests.journeys import step6_supervise as supervise
from tests.journeys import step7_evidence as evidence
from tests.journeys import step7_verify as verify
from tests.journeys.stage import Stage

Scene = Callable[[Stage], None]

SCENES: tuple[tuple[str, Scene], ...] = (
    ("1 apply", apply.apply),
    ("2 decide by two", decide.decide),
    ("3 come into force", decide.come_into_force),
    ("4 start the permit's server", run.start_server),
    ("4 isolation", run.probe_isolation),
    ("4 run the trial notebook", run.try_out),
    ("4 make a permit key", run.make_key),
    ("4 the same from outside", run.use_from_outside),
    ("5 payments above the limit", refuse.refuse_payments),
    ("5 helpers and factories count once", refuse.count_helpers_once),
    ("5 the fourth deployment", refuse.refuse_fourth_deployment),
    ("5 the 21st customer", refuse.refuse_customers),
    ("5 the balance above the cap", refuse.refuse_balance),
    ("5 plain web3.py", refuse.refuse_from_outside),
    ("6 watch live", supervise.watch_live),
    ("6 lower a limit", supervise.lower_a_limit),
    ("5 half a million in 24 hours", refuse.refuse_volume),
    ("6 suspend", supervise.suspend),
    ("6 redeem in wind-down", supervise.redeem),
    ("6 reinstate by two", supervise.reinstate),
    ("7 verify the log", verify.verify_log),
    ("7 hand over evidence", evidence.hand_over),
    ("7 name the first wrong record", verify.name_first_wrong),
    ("7 expose a rewritten log", verify.expose_rewritten),
)
