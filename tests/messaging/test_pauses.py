"""Channels that stop: refused keys, the owner's switch, too few arrivals. Nothing is lost."""

from datetime import timedelta

import pytest
from django.utils import timezone

from coaching.accounts.models import User
from coaching.common import remember
from coaching.messaging import pauses, services, sweeper, watch
from coaching.messaging.models import (
    Alert,
    CommunicationLog,
    DeliveryReceipt,
    Pause,
    State,
)
from tests.messaging.test_doubt import later

ASHA = "+919876543210"


def a_minute_passes():
    Pause.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
    remember.forget_everything()


def test_refused_keys_pause_the_channel_keep_the_rows_and_tell_the_owner_once(product):
    product.sandbox.misbehave("messages", "401", times=None)
    product.ask_many(5)

    for _ in range(3):
        later("whatsapp")
        product.work()

    rows = CommunicationLog.objects.filter(channel="whatsapp")
    assert {row.state for row in rows} == {State.PENDING}
    assert {row.reason for row in rows} <= {"channel_paused", "provider_refused_login"}
    alert = Alert.objects.get()
    assert alert.key == "refused:whatsapp"
    assert CommunicationLog.objects.filter(channel="voice", state=State.PENDING).count() == 0


def test_while_keys_are_refused_one_row_a_minute_is_tried(product):
    product.sandbox.misbehave("messages", "401", times=None)
    product.ask_many(5)
    product.work()
    asked = len(product.sandbox.log("request"))

    for _ in range(2):
        later("whatsapp")
        product.work()
    assert len(product.sandbox.log("request")) == asked

    a_minute_passes()
    later("whatsapp")
    product.work()
    assert len(product.sandbox.log("request")) == asked + 1


def test_once_the_keys_are_right_everything_leaves_by_itself_once(product):
    product.sandbox.misbehave("messages", "401", times=1)
    product.ask_many(5)
    product.work()
    a_minute_passes()

    later("whatsapp")
    product.work()
    later("whatsapp")
    product.work()

    assert len(product.sandbox.messages()) == 5
    assert pauses.waiting() == set()
    assert Alert.objects.filter(closed_at=None).count() == 0


def test_the_owners_get_one_mail_about_it(product):
    User.objects.create_superuser("owner@example.com", name="The owner")
    product.sandbox.misbehave("messages", "401", times=None)
    product.ask()
    product.work()

    for _ in range(3):
        watch.watch()

    mails = [m for m in product.sandbox.mails() if "refuses our keys" in str(m)]
    assert len(mails) == 1


def test_an_alert_whose_mail_cannot_leave_is_mailed_with_the_next_round(product, settings):
    User.objects.create_superuser("owner@example.com", name="The owner")
    Alert.objects.create(key="x", text="Something is wrong. Look at it.")
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 9
    watch.watch()
    assert Alert.objects.get().told_at is None

    settings.EMAIL_PORT = port
    Alert.objects.update(tell_at=timezone.now())  # some minutes later
    watch.watch()

    assert len([m for m in product.sandbox.mails() if "Something is wrong" in str(m)]) == 1


def test_the_switch_holds_everything_and_says_so(product):
    product.ask(email="asha@example.com")
    for channel in ("whatsapp", "email", "voice"):
        assert pauses.switch_off(channel, by="The owner") is True
        assert pauses.switch_off(channel, by="The owner") is False

    product.work()

    rows = CommunicationLog.objects.all()
    assert {(row.state, row.reason) for row in rows} == {(State.HELD, "switched_off")}
    assert product.sandbox.requests() == []


def test_switched_on_again_what_was_held_waits_for_a_look(product):
    pauses.switch_off("whatsapp", by="The owner")
    product.ask()
    product.work()

    pauses.switch_on("whatsapp")
    product.work()
    assert product.sandbox.messages() == []

    services.release(product.log("whatsapp"))
    product.work()
    assert len(product.sandbox.messages()) == 1


def test_without_the_switch_the_same_message_leaves(product):
    product.ask()

    product.work()

    assert len(product.sandbox.messages()) == 1


def outcomes(product, channel, statuses):
    """Receipts as they come from the provider, for the messages of so many strangers."""
    lead = product.ask()
    log = CommunicationLog.objects.get(channel=channel, contact=lead.contact)
    DeliveryReceipt.objects.bulk_create(
        DeliveryReceipt(log=log, provider_id=f"X{n}", status=status)
        for n, status in enumerate(statuses)
    )


@pytest.mark.parametrize(
    ("channel", "bad", "good", "share"),
    [("whatsapp", "undelivered", "delivered", 25), ("voice", "no-answer", "completed", 3)],
)
def test_too_few_arrivals_hold_what_strangers_cause(product, channel, bad, good, share):
    outcomes(product, channel, [good] * (share - 1) + [bad] * (51 - share))

    watch.watch()

    assert pauses.held_by(channel, from_strangers=True) == "too_few_arrive"
    assert pauses.held_by(channel, from_strangers=False) == ""
    later(channel)
    product.work()
    assert product.log(channel).reason == "too_few_arrive"
    assert Alert.objects.get().key == f"breaker:{channel}"


@pytest.mark.parametrize(
    ("channel", "bad", "good", "share"),
    [("whatsapp", "undelivered", "delivered", 25), ("voice", "no-answer", "completed", 3)],
)
def test_enough_arrivals_do_not(product, channel, bad, good, share):
    outcomes(product, channel, [good] * share + [bad] * (50 - share))

    watch.watch()

    assert pauses.held_by(channel, from_strangers=True) == ""


def test_receipts_that_never_came_say_nothing(product):
    outcomes(product, "whatsapp", ["undelivered"] * 49)

    watch.watch()

    assert pauses.held_by("whatsapp", from_strangers=True) == ""


def test_the_breaker_ends_after_an_hour_or_when_the_owner_says_so(product, time_machine):
    time_machine.move_to("2026-11-23 12:00 +0530")
    outcomes(product, "voice", ["no-answer"] * 60)
    watch.watch()
    assert pauses.reset_breaker("voice") is True
    time_machine.move_to("2026-11-23 12:01 +0530")
    watch.watch()
    assert pauses.held_by("voice", from_strangers=True) == "", "old outcomes do not trip it again"

    DeliveryReceipt.objects.update(received_at=timezone.now())
    watch.watch()
    assert pauses.held_by("voice", from_strangers=True) == "too_few_arrive"
    time_machine.move_to("2026-11-23 13:01:01 +0530")
    remember.forget_everything()
    watch.watch()

    assert pauses.held_by("voice", from_strangers=True) == ""
    assert Alert.objects.filter(closed_at=None).count() == 0


def test_a_paused_channel_holds_up_no_other(product):
    product.sandbox.misbehave("messages", "401", times=None)
    product.ask_many(3)

    product.work()
    sweeper.send_due(grace=timedelta(0))

    assert len(product.sandbox.calls()) == 3


def test_one_call_a_day_to_a_number_whatever_was_queued(product, centre):
    lead = product.ask()
    product.work()
    assert len(product.sandbox.calls(ASHA)) == 1

    services.queue(
        lead.contact, "enquiry_welcome", {**product.log("voice").context}, subject="lead:x",
        dedupe_key="another", channels=["voice"],
    )  # fmt: skip
    product.work()

    second = product.log("voice", subject="lead:x")
    assert (second.state, second.reason) == (State.PENDING, "called_today")
    assert second.due_at == product.log("voice", subject=lead.subject).posted_at + timedelta(days=1)
    assert len(product.sandbox.calls(ASHA)) == 1


def test_without_that_gate_the_number_would_ring_twice(product, monkeypatch):
    from coaching.messaging import gates

    monkeypatch.setattr(gates, "enough_for_today", lambda log: None)
    lead = product.ask()
    product.work()

    services.queue(
        lead.contact, "enquiry_welcome", {**product.log("voice").context}, subject="lead:x",
        dedupe_key="another", channels=["voice"],
    )  # fmt: skip
    product.work()

    assert len(product.sandbox.calls(ASHA)) == 2
