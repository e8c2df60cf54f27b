"""Refused keys: what the alert promises, and what happens."""

from datetime import timedelta

import pytest
from django.utils import timezone

from coaching.accounts.models import User
from coaching.common import remember
from coaching.messaging import alerts, pauses, watch
from coaching.messaging.models import Alert, CommunicationLog, Pause, State
from tests.messaging.test_doubt import later
from tests.messaging.test_pauses import a_minute_passes


def test_messages_wait_for_right_keys_however_long_it_takes(product):
    """The alert: 'Messages wait, and leave by themselves once the keys are right.'"""
    product.sandbox.misbehave("messages", "401", times=None)
    product.ask_many(5)
    product.work()
    yesterday = timezone.now() - timedelta(hours=25)
    CommunicationLog.objects.filter(channel="whatsapp").update(trying_since=yesterday)

    for _ in range(3):
        a_minute_passes()
        later("whatsapp")
        product.work()

    states = CommunicationLog.objects.filter(channel="whatsapp").values_list("state", "reason")
    assert {state for state, _ in states} == {State.PENDING}, list(states)


def test_the_only_row_is_tried_again_within_two_minutes(product):
    product.sandbox.misbehave("messages", "401", times=1)
    product.ask()
    product.work()

    log = product.log("whatsapp")
    assert (log.due_at - timezone.now()).total_seconds() <= 120


def test_a_row_that_may_not_leave_does_not_use_up_the_minutes_try(product):
    product.sandbox.misbehave("messages", "401", times=None)
    leads = product.ask_many(4)
    product.work()
    product.sandbox.control("faults", method="DELETE")  # the keys are right again
    for lead in leads[:3]:  # three of the four have said STOP by the link meanwhile
        lead.contact.opted_out_at = timezone.now()
        lead.contact.save()
    later("whatsapp")
    # the rows of those who stopped are in front
    CommunicationLog.objects.filter(channel="whatsapp", contact__opted_out_at=None).update(
        due_at=timezone.now() - timedelta(seconds=0.5)
    )

    a_minute_passes()
    product.work()
    product.work()

    assert pauses.waiting() == set(), "one try a minute, and none of it reached the provider"


def test_the_end_of_a_pause_that_is_cut_short_does_not_silence_the_next_alert(product, monkeypatch):
    product.ask_many(3)
    pauses.refused("whatsapp")

    class Killed(BaseException):
        """kill -9"""

    def killed(key):
        raise Killed

    monkeypatch.setattr(alerts, "close", killed)
    with pytest.raises(Killed):
        pauses.works_again("whatsapp", timezone.now())
    monkeypatch.undo()
    Pause.objects.update(next_try_at=timezone.now())  # a minute later
    for _ in range(2):
        remember.forget_everything()
        later("whatsapp")
        product.work()
        watch.watch()

    assert len(product.sandbox.messages()) == 3
    assert Alert.objects.filter(closed_at=None).count() == 0


def test_an_alert_raised_on_an_old_memory_of_the_pause_does_not_stay_open(product):
    """This process still remembers a pause that another has ended within the second."""
    pauses.refused("whatsapp")
    assert pauses.waiting() == {"whatsapp"}
    Pause.objects.update(ended_at=timezone.now())  # the other process
    alerts.close("refused:whatsapp")

    pauses.refused("whatsapp")  # a slower request of ours
    remember.forget_everything()
    Pause.objects.update(next_try_at=timezone.now())  # a minute later
    product.ask()
    product.work()  # everything works

    assert len(product.sandbox.messages()) == 1
    assert Alert.objects.filter(closed_at=None).count() == 0


def test_one_row_that_is_always_refused_among_good_ones_tells_the_owner_once(product):
    """Twilio answers 401/403 to what one account may not do (a country, a sender), too."""
    User.objects.create_superuser("owner@example.com", name="The owner")
    for _ in range(4):
        pauses.refused("whatsapp")  # the poisoned row's turn
        watch.watch()
        pauses.works_again("whatsapp", timezone.now())  # the next row is taken
    mails = [m for m in product.sandbox.mails() if "refuses our keys" in str(m)]
    assert len(mails) == 1


def test_a_breaker_that_trips_while_the_worker_is_killed_still_tells_the_owner(
    product, monkeypatch
):
    class Killed(BaseException):
        pass

    def killed(*_, **__):
        raise Killed

    monkeypatch.setattr(alerts, "raise_alert", killed)
    with pytest.raises(Killed):
        pauses.trip("whatsapp", "Too few arrive.")
    monkeypatch.undo()
    remember.forget_everything()

    pauses.trip("whatsapp", "Too few arrive.")  # the next round

    assert pauses.held_by("whatsapp", from_strangers=True) == "too_few_arrive"
    assert Alert.objects.filter(closed_at=None).count() == 1


def test_a_refused_mail_login_is_not_tried_every_five_seconds_for_alerts(product, monkeypatch):
    User.objects.create_superuser("owner@example.com", name="The owner")
    pauses.refused("email")
    tries = []

    def refused(alert):
        tries.append(alert)
        raise OSError

    monkeypatch.setattr(alerts, "_mail", refused)
    for _ in range(12):  # one minute of rounds
        watch.watch()

    assert len(tries) <= 2


def test_not_yet_survives_the_end_of_a_pause_in_the_middle(product, monkeypatch):
    pauses.refused("whatsapp")
    real = pauses._open
    answers = [real(), {}]
    monkeypatch.setattr(pauses, "_open", lambda: answers.pop(0) if answers else {})

    assert pauses.not_yet() in (set(), {"whatsapp"})
