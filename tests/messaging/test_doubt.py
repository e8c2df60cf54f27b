"""A provider's lost answer: nothing lost, nothing doubled."""

from datetime import timedelta

import pytest
from django.utils import timezone

from coaching.centre.models import Profile
from coaching.messaging import delivery, services
from coaching.messaging.models import CommunicationLog, State

ASHA = "+919876543210"
CHANNELS = [("messages", "whatsapp"), ("calls", "voice")]


def begun(log):
    """Begin the request of a row as `deliver` does; return the row as the worker holds it."""
    log = delivery._due(log.pk)
    assert delivery._begin(log, Profile.current()) is None
    assert log.state == State.SENDING
    return log


def later(channel, seconds=61):
    """Let time pass for what waits on `channel`, without waiting."""
    rows = CommunicationLog.objects.filter(channel=channel)
    earlier = timezone.now() - timedelta(seconds=1)
    rows.filter(state__in=(State.UNKNOWN, State.PENDING)).update(due_at=earlier)
    rows.filter(state=State.SENDING).update(lease_until=earlier)


@pytest.fixture
def count(product):
    def accepted(channel):
        return len(
            product.sandbox.messages(ASHA) if channel == "whatsapp" else product.sandbox.calls(ASHA)
        )

    return accepted


@pytest.mark.parametrize(("target", "channel"), CHANNELS)
@pytest.mark.parametrize("fault", ["500_after", "reset_after", "bad_json"])
def test_accepted_but_answer_lost_is_found_and_not_sent_again(
    product, count, no_receipts, target, channel, fault
):
    product.sandbox.misbehave(target, fault)
    product.ask()

    product.work()

    assert product.log(channel).state == State.UNKNOWN
    later(channel)
    product.work()
    assert product.log(channel).state == State.SENT
    assert count(channel) == 1


@pytest.mark.parametrize(("target", "channel"), CHANNELS)
@pytest.mark.parametrize("fault", ["500_before", "reset_before"])
def test_never_accepted_is_sent_again_after_two_looks(
    product, count, no_receipts, target, channel, fault
):
    product.sandbox.misbehave(target, fault)
    product.ask()

    product.work()
    assert product.log(channel).state == State.UNKNOWN
    later(channel)
    product.work()
    assert product.log(channel).state == State.UNKNOWN, "one look is not enough"
    later(channel)
    product.work()
    product.work()

    assert product.log(channel).state == State.SENT
    assert count(channel) == 1


def test_control_sending_again_without_asking_would_double(product, count, no_receipts):
    product.sandbox.misbehave("messages", "500_after")
    product.ask()
    product.work()

    CommunicationLog.objects.filter(channel="whatsapp").update(state=State.PENDING)
    later("whatsapp")
    product.work()

    assert count("whatsapp") == 2


def test_a_receipt_alone_proves_that_the_message_left(product, count):
    product.sandbox.misbehave("messages", "500_after")
    product.ask()

    product.work()

    assert product.settles("whatsapp", State.READ).provider_id.startswith("SM")
    assert count("whatsapp") == 1


def test_a_receipt_before_the_providers_own_answer_is_kept(product, count):
    product.sandbox.behave(callbacks={"early": True})
    product.ask()

    product.work()

    assert product.settles("whatsapp", State.READ).accepted_at
    assert count("whatsapp") == 1


def test_a_refusal_that_passes_keeps_the_row_and_sends_it_later(product, count):
    product.sandbox.misbehave("messages", "429")
    product.ask()

    product.work()
    assert product.log("whatsapp").state == State.PENDING
    assert product.log("whatsapp").reason == "provider_busy"
    later("whatsapp")
    product.work()

    assert count("whatsapp") == 1


def test_a_provider_that_is_down_keeps_the_row_waiting(product, count, settings):
    from coaching.messaging import twilio

    product.ask()
    settings.TWILIO_BASE_URL = "http://127.0.0.1:9"
    product.work()

    assert product.log("whatsapp").state == State.PENDING
    assert product.log("whatsapp").reason == "provider_unreachable"
    settings.TWILIO_BASE_URL = product.sandbox.url
    assert twilio.client()
    later("whatsapp")
    product.work()
    assert count("whatsapp") == 1


def test_a_number_that_is_not_on_whatsapp_fails_with_a_reason_and_the_fix(product):
    product.sandbox.phone(ASHA, whatsapp="unreachable")
    product.ask()

    product.work()

    failed = product.settles("whatsapp", State.FAILED)
    assert failed.reason == "twilio:63024"
    assert failed.explanation == "The number is not on WhatsApp. Call, or write an e-mail."


def test_a_worker_killed_between_its_claim_and_the_wire_leaves_a_row_that_is_sent_once(
    product, count, no_receipts
):
    product.ask()
    begun(product.log("whatsapp"))  # and here the worker dies

    for _ in range(4):  # its lease ends; two looks find nothing; it is sent
        later("whatsapp")
        product.work()

    assert product.log("whatsapp").state == State.SENT
    assert count("whatsapp") == 1


def test_a_worker_killed_in_its_request_leaves_a_doubt_that_is_asked_about(
    product, count, no_receipts
):
    from coaching.messaging.channels import whatsapp

    product.ask()
    log = begun(product.log("whatsapp"))
    whatsapp.send(log, whatsapp.prepare(log))  # and here the worker dies

    later("whatsapp")
    product.work()
    assert product.log("whatsapp").state == State.UNKNOWN
    later("whatsapp")
    product.work()

    assert product.log("whatsapp").state == State.SENT
    assert count("whatsapp") == 1


def test_a_worker_that_froze_before_its_claim_does_not_send_what_another_has_sent(product, count):
    product.ask()
    frozen = delivery._due(product.log("whatsapp").pk)
    product.work()

    delivery._begin(frozen, Profile.current())

    assert frozen.state != State.SENDING
    assert count("whatsapp") == 1


def test_two_workers_on_one_row_make_one_claim(product):
    product.ask()
    pk = product.log("whatsapp").pk
    first, second = delivery._due(pk), delivery._due(pk)

    delivery._begin(first, Profile.current())
    delivery._begin(second, Profile.current())

    assert first.state == State.SENDING
    assert second.state == State.PENDING


def test_a_new_message_waits_while_an_earlier_one_to_the_number_is_in_doubt(
    product, count, no_receipts
):
    product.sandbox.misbehave("messages", "500_after")
    lead = product.ask()
    product.work()

    services.queue(
        lead.contact, "login_code", {"code": "123456", "centre": "X"},
        subject="user:1", dedupe_key="login_code:1", channels=["whatsapp"],
    )  # fmt: skip
    product.work()

    waiting = product.log("whatsapp", purpose="login_code")
    assert (waiting.state, waiting.reason) == (State.PENDING, "earlier_in_doubt")
    later("whatsapp")
    product.work()
    later("whatsapp")
    product.work()
    assert product.log("whatsapp", purpose="login_code").state == State.SENT
    assert count("whatsapp") == 2


def test_a_mail_whose_answer_is_lost_goes_twice_at_most_with_the_same_message_id(product):
    product.sandbox.misbehave("smtp", "reset_after", times=None)
    product.ask(email="asha@example.com")

    for _ in range(4):
        product.work()
        later("email")

    ids = {mail["headers"]["Message-ID"] for mail in product.sandbox.mails("asha@example.com")}
    log = product.log("email")
    assert len(product.sandbox.mails("asha@example.com")) == 2
    assert len(ids) == 1
    assert (log.state, log.reason) == (State.FAILED, "maybe_sent")


def test_a_refused_mail_address_fails_for_good(product):
    product.sandbox.misbehave("smtp", "error", code=550)
    product.ask(email="nobody@example.com")

    product.work()

    log = product.log("email")
    assert (log.state, log.reason) == (State.FAILED, "email_refused")


def test_secrets_are_forgotten_once_they_are_sent(product):
    lead = product.ask()
    services.queue(
        lead.contact, "login_code", {"code": "123456", "centre": "X"},
        subject="user:1", dedupe_key="login_code:1", channels=["whatsapp"],
    )  # fmt: skip

    product.work()
    later("whatsapp")
    product.work()

    log = product.log("whatsapp", purpose="login_code")
    assert log.accepted_at
    assert log.context == {}
    assert "123456" not in log.body


def test_receipts_told_twice_and_out_of_order_end_at_read_with_one_message(product, count):
    product.sandbox.behave(callbacks={"double": True, "shuffle": True})
    product.ask()

    product.work()

    log = product.settles("whatsapp", State.READ)
    assert count("whatsapp") == 1
    statuses = list(log.receipts.values_list("status", flat=True))
    assert len(statuses) == len(set(statuses))
