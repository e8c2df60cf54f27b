"""A mail provider's events move the e-mail's row, once and forward."""

import pytest
from anymail.signals import AnymailTrackingEvent, tracking

from coaching.accounts.models import Contact
from coaching.messaging.models import CommunicationLog, DeliveryReceipt, State


@pytest.fixture
def log(db):
    contact = Contact.objects.having("+919876543210")
    return CommunicationLog.objects.create(
        contact=contact, channel="email", purpose="enquiry_welcome", dedupe_key="k",
        recipient="asha@example.com", state=State.SENT, provider_id="esp-1",
    )  # fmt: skip


def tell(log, kind, *, metadata=True, message_id="esp-1"):
    event = AnymailTrackingEvent(
        event_type=kind,
        message_id=message_id,
        recipient="asha@example.com",
        metadata={"log": str(log.pk)} if metadata else {},
    )
    tracking.send(sender=object, event=event, esp_name="Postmark")
    log.refresh_from_db()


@pytest.mark.parametrize("metadata", [True, False])
def test_delivered_then_opened(log, metadata):
    tell(log, "delivered", metadata=metadata)
    assert log.state == State.DELIVERED

    tell(log, "opened", metadata=metadata)
    assert log.state == State.READ


def test_a_bounce_fails_with_the_fix(log):
    tell(log, "bounced")

    assert (log.state, log.reason) == (State.FAILED, "email_bounced")
    assert "right e-mail address" in log.explanation


def test_the_same_event_twice_is_stored_once(log):
    tell(log, "delivered")
    tell(log, "delivered")

    assert DeliveryReceipt.objects.count() == 1


def test_events_that_say_nothing_are_passed_over(log):
    tell(log, "deferred")

    assert DeliveryReceipt.objects.count() == 0


def test_a_mail_that_is_not_ours_changes_nothing(log):
    tell(log, "bounced", metadata=False, message_id="somebody-elses")

    assert log.state == State.SENT
