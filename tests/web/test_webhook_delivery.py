"""Webhooks sent: in order, again after failing, by hand, and not while paused or removed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.webhooks import (
    GIVE_UP_AFTER,
    KEPT,
    OVERLAP,
    pause_after,
)
from sandbox.kit.errors import InvalidInput
from sandbox.sdk import verify_webhook
from sandbox.services.identity import actor_of
from sandbox.services.notices import list_notices
from tests.web.webhook_world import TWO, add, happens, seen


def test_what_fails_is_tried_again_and_what_follows_waits_behind_it(desk, out, receiver):
    desk.under_review()
    out.tell()
    endpoint, _ = add(desk, "aigul", receiver.url("/flaky"))
    happens(desk, *TWO)
    out.go()
    assert receiver.kinds() == ["file.take_up"]
    out.go()
    assert len(receiver.took) == 1, "not before the pause is over"
    desk.clock.forward(timedelta(seconds=10))
    receiver.mend()
    out.go()
    assert receiver.kinds() == ["file.take_up", "file.take_up", "file.suspend"]
    ids = [headers["webhook-id"] for _, headers, _ in receiver.took]
    assert ids[0] == ids[1] != ids[2], "a second try has the same id"
    tried = seen(desk, endpoint)[1]
    assert [(each.outcome.value, each.status) for each in tried[::-1]] == [
        ("rejected", 500),
        ("taken", 204),
        ("taken", 204),
    ]


@pytest.mark.slow
def test_after_three_days_it_is_set_aside_told_and_goes_on_when_switched_on(desk, out, receiver):
    desk.under_review()
    out.tell()
    endpoint, _ = add(desk, "aigul", receiver.url("/flaky"))
    happens(desk, *TWO)
    for _ in range(40):
        out.go()
        if seen(desk, endpoint)[0].state == "set_aside":
            break
        desk.clock.forward(timedelta(hours=7, minutes=12))
    own, tried = seen(desk, endpoint)
    assert own.state == "set_aside"
    assert GIVE_UP_AFTER <= tried[0].at - tried[-1].at < GIVE_UP_AFTER + timedelta(hours=8)
    out.go()
    assert "Webhook set aside" in desk.browser("aigul").get("/desk/notices").text
    with desk.parts.store.unit(read_only=True) as u:
        told, _ = list_notices(u, actor_of(u, "aigul"))
        assert (told[0].kind, told[0].title) == ("webhook.set_aside", "127.0.0.1")
        for other in ("bakyt", "omar", "ermek"):
            kinds = [each.kind for each in list_notices(u, actor_of(u, other))[0]]
            assert "webhook.set_aside" not in kinds, other
    opened = desk.browser("aigul").get(f"/desk/notices/{told[0].entry}")
    assert opened.headers["location"] == "/desk/webhooks"
    before = len(receiver.took)
    desk.clock.forward(timedelta(hours=8))
    out.go()
    assert len(receiver.took) == before, "nothing is sent while it is set aside"
    receiver.mend()
    aigul = desk.browser("aigul")
    assert aigul.post(f"/desk/webhooks/{endpoint}/state", {"state": "on"}).status_code == 303
    out.go()
    assert receiver.kinds()[before:] == ["file.take_up", "file.suspend"]


@pytest.mark.slow
def test_gone_ends_it_at_once(desk, out, receiver):
    desk.under_review()
    out.tell()
    endpoint, _ = add(desk, "aigul", receiver.url("/gone"))
    happens(desk, *TWO)
    out.go()
    own, tried = seen(desk, endpoint)
    assert (own.state, len(tried)) == ("set_aside", 1)


@pytest.mark.slow
def test_a_slow_receiver_holds_back_nobody_else(desk, out, receiver):
    desk.under_review()
    out.tell()
    add(desk, "aigul", receiver.url("/hang"))
    add(desk, "damira", receiver.url("/ok"))
    desk.under_review()
    out.tell()
    assert out.deliveries.work_once() == 2
    while not receiver.kinds("/ok"):
        out.deliveries.work_once()
    assert out.deliveries._lanes.busy, "the slow one is still under way"
    receiver.process.kill()
    out.deliveries.settle()


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_pauses_grow_and_end(attempts, chance):
    pause = pause_after(attempts, chance)
    assert timedelta(seconds=8) <= pause <= timedelta(hours=7, minutes=12)
    assert pause_after(attempts, 0.5) <= pause_after(attempts + 1, 0.5)


@pytest.mark.slow
def test_a_new_secret_signs_beside_the_old_one_for_a_day_or_alone_at_once(desk, out, receiver):
    endpoint, old = add(desk, "aigul", receiver.url())
    aigul = desk.browser("aigul")
    page = aigul.post(f"/desk/webhooks/{endpoint}/secret")
    new = re.search(r"whsec_[A-Za-z0-9+/=]+", page.text)[0]

    def good(secret):
        desk.browser("aigul").post(f"/desk/webhooks/{endpoint}/test")
        out.go()
        _, headers, body = receiver.took[-1]
        try:
            verify_webhook(secret, headers, body.encode(), at=desk.clock.now())
        except InvalidInput:
            return False
        desk.clock.forward(timedelta(seconds=6))
        return True

    assert good(old)
    assert good(new)
    desk.clock.forward(OVERLAP)
    assert not good(old)
    desk.clock.forward(timedelta(seconds=6))
    assert good(new)
    page = desk.browser("aigul").post(f"/desk/webhooks/{endpoint}/secret", {"at_once": "yes"})
    newest = re.search(r"whsec_[A-Za-z0-9+/=]+", page.text)[0]
    assert not good(new)
    desk.clock.forward(timedelta(seconds=6))
    assert good(newest)


@pytest.mark.slow
def test_a_test_event_goes_to_a_paused_one_too_and_not_twice_at_once(desk, out, receiver):
    endpoint, secret = add(desk, "aigul", receiver.url())
    aigul = desk.browser("aigul")
    aigul.post(f"/desk/webhooks/{endpoint}/state", {"state": "paused"})
    assert aigul.post(f"/desk/webhooks/{endpoint}/test").status_code == 303
    assert "webhook.test_waits" in aigul.post(f"/desk/webhooks/{endpoint}/test").text
    out.go()
    assert receiver.kinds() == ["webhook.test"]
    _, headers, body = receiver.took[0]
    assert (
        verify_webhook(secret, headers, body.encode(), at=desk.clock.now())["data"]["file"] is None
    )


@pytest.mark.slow
def test_an_event_is_sent_again_by_hand_under_the_same_id(desk, out, receiver):
    desk.under_review()
    out.tell()
    endpoint, _ = add(desk, "aigul", receiver.url())
    happens(desk, *TWO)
    out.go()
    first = receiver.took[0]
    aigul = desk.browser("aigul")
    page = aigul.get(f"/desk/webhooks/{endpoint}").text
    assert "HTTP 204" in page
    form = {"event": first[1]["webhook-id"]}
    for _ in range(2):
        assert aigul.post(f"/desk/webhooks/{endpoint}/again", form).status_code == 303
    out.go()
    assert len(receiver.took) == 3, "asked twice before it went, it goes once"
    assert receiver.took[2][1]["webhook-id"] == first[1]["webhook-id"]
    assert receiver.took[2][2] == first[2]
    assert "by hand" in aigul.get(f"/desk/webhooks/{endpoint}").text


@pytest.mark.slow
def test_paused_nothing_is_sent_and_nothing_is_lost(desk, out, receiver):
    desk.under_review()
    out.tell()
    endpoint, _ = add(desk, "aigul", receiver.url())
    aigul = desk.browser("aigul")
    aigul.post(f"/desk/webhooks/{endpoint}/state", {"state": "paused"})
    happens(desk, *TWO)
    out.go()
    assert receiver.took == []
    desk.browser("aigul").post(f"/desk/webhooks/{endpoint}/state", {"state": "on"})
    out.go()
    assert receiver.kinds() == ["file.take_up", "file.suspend"]


@pytest.mark.slow
def test_removed_it_is_told_nothing_and_nothing_is_kept(desk, out, receiver):
    desk.under_review()
    out.tell()
    endpoint, _ = add(desk, "aigul", receiver.url())
    desk.under_review()
    out.tell()
    assert desk.browser("aigul").post(f"/desk/webhooks/{endpoint}/remove").status_code == 303
    out.go()
    assert receiver.took == []
    with desk.parts.store.unit(read_only=True) as u:
        assert u.webhooks.events.select() == ()
        assert u.webhooks.endpoints.select() == ()


@pytest.mark.slow
def test_the_log_is_paged_and_forgotten_after_thirty_days(desk, out, receiver):
    endpoint, _ = add(desk, "aigul", receiver.url())
    desk.browser("aigul").post(f"/desk/webhooks/{endpoint}/test")
    out.go()
    with desk.parts.store.unit() as u:
        one = u.webhooks.attempts.of_endpoint(endpoint, limit=1)[0]
        for seq in range(2, 61):
            u.webhooks.attempts.add(replace(one, seq=seq, event=f"evt_{seq}"))
        u.commit()
    first = desk.browser("aigul").get(f"/desk/webhooks/{endpoint}").text
    older = re.search(r"\?before=(\d+)", first)[1]
    second = desk.browser("aigul").get(f"/desk/webhooks/{endpoint}?before={older}").text
    shown = [set(re.findall(r'value="(evt_\w+)"', each)) for each in (first, second)]
    assert (len(shown[0]), len(shown[1]), shown[0] & shown[1]) == (50, 10, set())
    for odd in ("x", "-1", "٣", "9" * 30):
        assert (
            desk.browser("aigul").get(f"/desk/webhooks/{endpoint}?before={odd}").status_code == 400
        )
    desk.clock.forward(KEPT + timedelta(hours=1))
    out.go()
    assert seen(desk, endpoint)[1] == ()
