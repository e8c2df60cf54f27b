"""The daily comparison with the provider: what was sent twice, or never, is found and named."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from coaching.celery import app
from coaching.messaging import diff, gates, tasks
from coaching.messaging.models import (
    Alert,
    Channel,
    CommunicationLog,
    DeliveryReceipt,
    ProviderDiff,
    State,
)
from tests.conftest import eventually
from tests.messaging.comparison import ASHA, frozen_worker_sends, list_requests
from tests.messaging.test_doubt import begun, later

A_SID = "SM" + "a" * 32


def test_a_day_on_which_all_is_well_is_written_down_and_says_nothing(product, day, next_morning):
    product.ask(email="asha@example.com")
    product.work()
    next_morning()

    found = [diff.compare(day, channel) for channel in Channel]

    assert [(row.channel, row.provider_count) for row in found] == [
        ("whatsapp", 1), ("email", 1), ("voice", 1),
    ]  # fmt: skip
    assert all(row.is_clean for row in found)
    assert not Alert.objects.exists()


@pytest.mark.parametrize(
    ("channel", "said"),
    [("whatsapp", "1 WhatsApp message may have been sent twice"),
     ("voice", "1 call may have been sent twice")],
)  # fmt: skip
def test_a_second_send_of_a_frozen_worker_is_named_and_told_once(
    product, day, next_morning, no_receipts, channel, said
):
    product.ask()
    sid = frozen_worker_sends(product, channel)
    next_morning()

    found = diff.compare(day, channel)
    again = diff.compare(day, channel)

    [entry] = found.unclaimed
    assert (entry["sid"], entry["to"]) == (sid, "3210")
    assert entry["log"] == str(product.log(channel).pk)
    assert found.missing == []
    assert (found.provider_count, again.pk, again.unclaimed) == (2, found.pk, found.unclaimed)
    assert said in Alert.objects.get().text
    assert ASHA not in json.dumps(found.unclaimed)


def test_what_the_owner_has_put_away_is_not_told_again(product, day, next_morning, no_receipts):
    product.ask()
    frozen_worker_sends(product, "whatsapp")
    next_morning()
    diff.compare(day, "whatsapp")
    Alert.objects.update(closed_at=timezone.now())

    diff.compare(day, "whatsapp")

    assert Alert.objects.count() == 1


def test_a_receipt_says_which_of_two_rows_a_second_send_doubles(product, day, next_morning):
    lead = product.ask()
    first = product.log("whatsapp")
    frozen = begun(first)
    prepared = gates.CHANNELS["whatsapp"].prepare(frozen)
    for _ in range(3):
        later("whatsapp")
        product.work()
    product.settles("whatsapp", State.READ)
    an_hour_ago = timezone.now() - timedelta(hours=1)
    CommunicationLog.objects.filter(pk=first.pk).update(posted_at=an_hour_ago)
    nearer = CommunicationLog.objects.create(
        contact=lead.contact, channel="whatsapp", purpose="enquiry_welcome", dedupe_key="later",
        recipient=ASHA, state=State.SENT, provider_id=A_SID,
        posted_at=timezone.now(),
    )  # fmt: skip
    sid = gates.CHANNELS["whatsapp"].send(frozen, prepared)
    eventually(lambda: DeliveryReceipt.objects.filter(provider_id=sid, is_ours=False).exists())
    next_morning()

    found = diff.compare(day, "whatsapp")

    assert [(entry["sid"], entry["log"]) for entry in found.unclaimed] == [(sid, str(first.pk))]
    assert [entry["log"] for entry in found.missing] == [str(nearer.pk)]


def test_without_a_receipt_the_request_that_was_made_nearest_to_it_is_named(
    product, day, next_morning, no_receipts
):
    lead = product.ask()
    frozen_worker_sends(product, "whatsapp")
    first = product.log("whatsapp")
    waited_since = timezone.now() - timedelta(hours=2)
    CommunicationLog.objects.filter(pk=first.pk).update(trying_since=waited_since)
    CommunicationLog.objects.create(
        contact=lead.contact, channel="whatsapp", purpose="enquiry_welcome", dedupe_key="earlier",
        recipient=ASHA, state=State.SENT, provider_id=A_SID,
        posted_at=timezone.now() - timedelta(hours=6),
    )  # fmt: skip
    next_morning()

    [entry] = diff.compare(day, "whatsapp").unclaimed

    assert entry["log"] == str(first.pk)


def call_is_busy(product):
    product.sandbox.phone(ASHA, call="busy")
    product.ask()
    product.work()
    product.settles("voice", State.PENDING, reason="busy")


def whatsapp_fails_for_now(product):
    product.sandbox.misbehave("messages", "fail_later", code=63018)
    product.ask()
    product.work()
    product.settles("whatsapp", State.PENDING, reason="twilio:63018")


@pytest.mark.parametrize(
    ("channel", "fails"), [("voice", call_is_busy), ("whatsapp", whatsapp_fails_for_now)]
)
def test_an_earlier_attempt_of_a_row_is_no_second_send(product, day, next_morning, channel, fails):
    fails(product)
    next_morning()

    found = diff.compare(day, channel)

    assert found.provider_count == 1
    assert found.is_clean


def test_control_without_its_receipts_an_earlier_attempt_would_look_like_a_second_send(
    product, day, next_morning
):
    call_is_busy(product)
    DeliveryReceipt.objects.all().delete()
    next_morning()

    assert len(diff.compare(day, "voice").unclaimed) == 1


def test_control_without_asking_what_rows_have_claimed_everything_is_reported(
    product, day, next_morning, no_receipts, monkeypatch
):
    product.ask()
    product.work()
    next_morning()
    monkeypatch.setattr(diff, "_claimed", lambda _sids: set())

    assert len(diff.compare(day, "whatsapp").unclaimed) == 1
    assert len(diff.compare(day, "voice").unclaimed) == 1


@pytest.mark.parametrize("channel", ["whatsapp", "voice"])
def test_a_row_that_says_sent_and_that_the_provider_lacks_is_named(
    product, day, next_morning, no_receipts, channel
):
    product.ask()
    product.work()
    log = product.log(channel)
    product.sandbox.control("reset", {})
    next_morning()

    found = diff.compare(day, channel)

    assert [(entry["sid"], entry["log"]) for entry in found.missing] == [
        (log.provider_id, str(log.pk))
    ]
    assert (found.provider_count, found.unclaimed) == (0, [])
    assert "the provider does not know 1 " in Alert.objects.get().text


def test_a_row_that_failed_is_not_looked_for_at_the_provider(product, day, next_morning):
    product.ask()
    product.work()
    CommunicationLog.objects.filter(channel="whatsapp").update(
        state=State.FAILED, reason="twilio:63024", provider_id=A_SID
    )
    next_morning()

    assert diff.compare(day, "whatsapp").missing == []


def test_the_demos_made_up_history_is_not_looked_for_at_the_provider(product, day, next_morning):
    product.ask()
    product.work()
    CommunicationLog.objects.filter(channel="whatsapp").update(provider_id="demo-1")
    next_morning()

    assert diff.compare(day, "whatsapp").missing == []


def test_what_was_compared_is_not_compared_again_and_missed_days_are(
    product, day, next_morning, no_receipts
):
    next_morning()
    tasks.compare_with_provider()
    compared = ProviderDiff.objects.count()
    asked = len(list_requests(product.sandbox))

    tasks.compare_with_provider()

    assert compared == diff.DAYS * len(Channel)
    assert len(list_requests(product.sandbox)) == asked


def test_a_day_compared_before_it_was_over_is_compared_once_more(product, day, next_morning):
    product.ask()
    product.work()
    early = diff.compare(day, "whatsapp")
    next_morning()

    tasks.compare_with_provider()

    assert early.provider_count == 0, "its answers may still have been on the way"
    assert ProviderDiff.objects.get(day=day, channel="whatsapp").provider_count == 1


def test_a_letter_that_went_twice_is_reported(product, day, next_morning):
    product.sandbox.misbehave("smtp", "reset_after")
    product.ask(email="asha@example.com")
    product.work()
    later("email")
    product.work()
    next_morning()

    found = diff.compare(day, "email")

    assert len(product.sandbox.mails("asha@example.com")) == 2
    assert [entry["log"] for entry in found.unclaimed] == [str(product.log("email").pk)]
    assert "1 e-mail may have been sent twice" in Alert.objects.get().text


def test_every_schedule_names_a_task_that_the_workers_know():
    app.loader.import_default_modules()

    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)
