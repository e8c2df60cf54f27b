"""STOP by the link or the key 9 while the worker writes the message; alerts and budgets; exits."""

import subprocess
import sys
import time

import pytest
from django.utils import timezone

from coaching.common import remember
from coaching.messaging import watch
from coaching.messaging.channels import email, whatsapp
from coaching.messaging.models import Alert, CommunicationLog, State
from coaching.messaging.services import release, stop


def minutes_pass():
    Alert.objects.update(tell_at=timezone.now())


@pytest.mark.parametrize(("channel", "module"), [("whatsapp", whatsapp), ("email", email)])
def test_a_stop_while_the_message_is_written_stops_it(product, monkeypatch, channel, module):
    lead = product.ask(email="asha@example.com")
    CommunicationLog.objects.exclude(channel=channel).delete()
    prepare = module.prepare

    def stopped_meanwhile(log):
        prepared = prepare(log)
        stop(lead.contact, source="link")
        return prepared

    monkeypatch.setattr(module, "prepare", stopped_meanwhile)
    product.work()

    sent = product.sandbox.messages(lead.phone) + product.sandbox.mails("asha@example.com")
    assert (product.log(channel).state, len(sent)) == (State.CANCELLED, 0)


def test_the_alert_of_an_hours_budget_is_over_when_the_next_hour_sends(
    product, centre, time_machine
):
    time_machine.move_to("2026-11-23 10:05 +0530")
    centre.budget_whatsapp_paise_hour = 100
    centre.save()
    product.ask_many(2)
    product.work()
    assert Alert.objects.filter(closed_at=None).count() == 1

    time_machine.move_to("2026-11-23 11:05 +0530")
    remember.forget_everything()
    release(CommunicationLog.objects.get(reason="budget_spent"))
    product.work()
    watch.watch()

    assert len(product.sandbox.messages()) == 2
    assert Alert.objects.filter(closed_at=None).count() == 0, Alert.objects.get().text


def test_an_alert_that_nobody_could_be_told_of_is_told_when_there_is_an_owner(product):
    from coaching.accounts.models import User

    Alert.objects.create(key="x", text="Something is wrong. Look at it.")
    watch.watch()
    User.objects.create_superuser("owner@example.com", name="The owner")
    minutes_pass()
    watch.watch()

    assert len([m for m in product.sandbox.mails() if "Something is wrong" in str(m)]) == 1


def test_an_alert_whose_teller_is_killed_is_told_by_another(product, monkeypatch):
    from coaching.accounts.models import User
    from coaching.messaging import alerts

    class Killed(BaseException):
        pass

    def killed(_):
        raise Killed

    User.objects.create_superuser("owner@example.com", name="The owner")
    Alert.objects.create(key="x", text="Something is wrong. Look at it.")
    monkeypatch.setattr(alerts, "_mail", killed)
    with pytest.raises(Killed):
        alerts.mail_new()
    monkeypatch.undo()
    minutes_pass()
    watch.watch()

    assert len([m for m in product.sandbox.mails() if "Something is wrong" in str(m)]) == 1


EXIT = """
import time, uuid, sys
import django; django.setup()
from coaching.messaging import crew, delivery, sweeper
delivery.deliver = lambda log_id: time.sleep(0.5)
crew.take([(uuid.uuid4(), "whatsapp") for _ in range(300)])
time.sleep(0.2)
sweeper.stop()  # what Celery's signal calls
sys.exit()
"""


def test_a_worker_that_is_told_to_end_does_not_send_its_whole_backlog_first(db):
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-c", EXIT],
        check=True,
        timeout=60,
        env={**__import__("os").environ, "DJANGO_SETTINGS_MODULE": "coaching.settings"},
    )
    took = time.monotonic() - began

    assert took < 6, took
