"""What is asked right before a message leaves: opt-out, calling hours, the number, consent."""

import pytest

from coaching.accounts.models import Contact
from coaching.accounts.services import opt_out
from coaching.messaging import services
from coaching.messaging.models import CommunicationLog, State

ASHA = "+919876543210"

IST_MOMENTS = [
    ("2026-11-23 08:59:59 +0530", False),
    ("2026-11-23 09:00:00 +0530", True),
    ("2026-11-23 20:59:59 +0530", True),
    ("2026-11-23 21:00:00 +0530", False),
]


@pytest.mark.parametrize("host_zone", ["UTC", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize(("moment", "may_call"), IST_MOMENTS)
def test_calls_are_dialled_from_9_to_21_in_india_wherever_the_host_is(
    product, in_calling_hours_only, time_machine, monkeypatch, moment, may_call, host_zone
):
    import time

    monkeypatch.setenv("TZ", host_zone)
    time.tzset()
    time_machine.move_to(moment)
    product.ask()

    product.work()

    monkeypatch.undo()
    time.tzset()
    assert len(product.sandbox.calls(ASHA)) == (1 if may_call else 0)
    assert len(product.sandbox.messages(ASHA)) == 1


def test_a_call_queued_at_2050_but_dialled_late_waits_until_morning(
    product, in_calling_hours_only, time_machine
):
    time_machine.move_to("2026-11-23 20:50 +0530")
    product.ask()
    assert product.log("voice").reason == ""

    time_machine.move_to("2026-11-23 21:00 +0530")
    product.work()

    log = product.log("voice")
    assert (log.state, log.reason) == (State.PENDING, "outside_calling_hours")
    assert log.due_at.isoformat() == "2026-11-24T03:30:00+00:00"  # 9:00 AM in India
    time_machine.move_to("2026-11-24 09:00 +0530")
    product.work()
    assert len(product.sandbox.calls(ASHA)) == 1


def test_control_without_the_calling_window_a_call_rings_at_night(product, time_machine):
    time_machine.move_to("2026-11-23 23:30 +0530")
    product.ask()

    product.work()

    assert len(product.sandbox.calls(ASHA)) == 1


def test_the_owner_can_only_narrow_the_hours(centre):
    from django.core.exceptions import ValidationError

    centre.calling_closes = centre.calling_closes.replace(hour=22)

    with pytest.raises(ValidationError, match="lawful from 9:00 AM to 9:00 PM"):
        centre.full_clean()


def test_stop_between_queueing_and_sending_stops_all_three_channels(product):
    lead = product.ask(email="asha@example.com")
    opt_out(lead.contact, source="whatsapp")

    product.work()

    assert product.sandbox.messages(ASHA) == []
    assert product.sandbox.calls(ASHA) == []
    assert product.sandbox.mails("asha@example.com") == []
    states = CommunicationLog.objects.values_list("state", "reason")
    assert set(states) == {(State.CANCELLED, "opted_out")}


def test_control_without_the_stop_all_three_leave(product):
    product.ask(email="asha@example.com")

    product.work()

    assert len(product.sandbox.messages(ASHA)) == 1
    assert len(product.sandbox.calls(ASHA)) == 1
    assert len(product.sandbox.mails("asha@example.com")) == 1


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("+14155550123", "number_abroad"),
        ("+447911123456", "number_abroad"),
        ("+917122555010", "number_not_mobile"),  # a landline in Nagpur
        ("+911800111111", "number_not_mobile"),  # toll-free
        ("+881612345678", "number_abroad"),  # satellite
    ],
)
def test_a_number_outside_the_gate_is_saved_and_only_the_mail_goes(product, number, reason):
    product.ask(phone=number, email="asha@example.com")

    product.work()

    assert product.sandbox.requests() == []
    assert len(product.sandbox.mails("asha@example.com")) == 1
    assert product.log("whatsapp").reason == reason
    assert product.log("voice").state == State.HELD


def test_a_row_written_past_the_form_is_still_stopped_at_the_gate(product):
    contact = Contact.objects.create(phone="+14155550123")
    log = CommunicationLog.objects.create(
        contact=contact, channel="voice", purpose="enquiry_welcome", dedupe_key="by-hand",
        recipient="+14155550123", context={},
    )  # fmt: skip

    product.work()

    log.refresh_from_db()
    assert (log.state, log.reason) == (State.HELD, "number_abroad")
    assert product.sandbox.requests() == []


def test_release_does_not_open_the_number_gate(product):
    product.ask(phone="+14155550123")
    log = product.log("voice")

    services.release(log)
    product.work()

    assert product.log("voice").reason == "number_abroad"
    assert product.sandbox.requests() == []


def test_nothing_is_sent_where_nobody_agreed(product):
    contact = Contact.objects.create(phone=ASHA)
    services.queue(
        contact, "enquiry_welcome", {}, subject="lead:1", dedupe_key="x", channels=["whatsapp"]
    )

    product.work()

    assert product.log("whatsapp").reason == "no_consent"
    assert product.sandbox.messages(ASHA) == []


def test_held_messages_leave_once_somebody_releases_them(product):
    product.ask(arrival={"suspicion": "suspected_bot"})
    product.work()
    assert product.sandbox.messages(ASHA) == []

    services.release(product.log("whatsapp"))
    product.work()

    assert len(product.sandbox.messages(ASHA)) == 1


def test_without_an_approved_template_the_message_is_held_and_says_so(product, settings):
    from coaching.messaging.models import WhatsAppTemplate

    WhatsAppTemplate.objects.all().delete()
    product.ask()
    settings.TWILIO_BASE_URL = ""

    product.work()

    log = product.log("whatsapp")
    assert (log.state, log.reason) == (State.HELD, "template_missing")


def test_an_unanswered_call_is_tried_again_the_next_day_three_times_at_most(product, time_machine):
    product.sandbox.phone(ASHA, call="no_answer")
    time_machine.move_to("2026-11-23 10:00 +0530")
    product.ask()

    for day in range(3):
        time_machine.move_to(f"2026-11-{23 + day} 10:{5 + 5 * day:02} +0530")
        product.work()
        state, reason = (
            (State.PENDING, "no_answer") if day < 2 else (State.FAILED, "never_answered")
        )
        product.settles("voice", state, reason=reason)
        assert product.work() == 0, "not again the same day"

    time_machine.move_to("2026-11-27 10:00 +0530")
    product.work()
    assert len(product.sandbox.calls(ASHA)) == 3
