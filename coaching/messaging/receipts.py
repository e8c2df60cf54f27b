"""What providers tell us afterwards: stored once, applied forward only."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from coaching.centre.models import Profile
from coaching.common.states import move
from coaching.messaging import spending
from coaching.messaging.channels import voice
from coaching.messaging.models import Channel, CommunicationLog, DeliveryReceipt, State

log_event = structlog.get_logger(__name__)

CALL_ATTEMPTS = 3
WHATSAPP_ATTEMPTS = 3
ENDS = ("busy", "no-answer", "failed", "canceled", "undelivered")
# WhatsApp errors that pass by themselves (Twilio's error dictionary).
PASSING_ERRORS = {"63012", "63023", "63018", "30008"}


@transaction.atomic
def store(log_id, provider_id, status, *, error_code="", duration=None):
    """Store one receipt and move its row. True the first time, False for a repeat.

    A receipt proves that the provider accepted the message, even before its own answer came.
    """
    log = CommunicationLog.objects.select_for_update().filter(pk=log_id).first()
    was_over = log is not None and log.provider_id != provider_id and attempt_is_over(provider_id)
    is_ours = not was_over and log is not None and log.provider_id in ("", provider_id)
    _, is_new = DeliveryReceipt.objects.get_or_create(
        provider_id=provider_id,
        status=status,
        defaults={"log": log, "error_code": error_code or "", "is_ours": is_ours},
    )
    if not is_new or log is None:
        return is_new
    if not is_ours:
        log_event.warning("receipt_of_another_attempt", log=str(log.pk), status=status)
        return True
    now = timezone.now()
    log.provider_id = provider_id
    log.accepted_at = log.accepted_at or now
    log.save(update_fields=["provider_id", "accepted_at"])
    apply = _apply_to_call if log.channel == Channel.VOICE else _apply_to_message
    apply(log, status, error_code or "", duration, now)
    return True


def attempt_is_over(provider_id):
    """Whether a receipt has told how the message or call of this provider's id ended."""
    return DeliveryReceipt.objects.filter(provider_id=provider_id, status__in=ENDS).exists()


def _apply_to_message(log, status, error_code, _duration, now):
    delivered = {"delivered_at": Coalesce("delivered_at", now)}
    if status == "delivered":
        move(log, State.DELIVERED, reason="", **delivered)
    elif status in ("read", "opened", "clicked"):
        move(log, State.READ, reason="", **delivered, answered_at=Coalesce("answered_at", now))
    elif status in ("undelivered", "failed", "canceled") and log.state not in (
        State.DELIVERED,
        State.READ,
    ):
        if error_code in PASSING_ERRORS and log.attempts < WHATSAPP_ATTEMPTS:
            _again(log, f"twilio:{error_code}", now + timedelta(minutes=5 * log.attempts))
        else:
            move(log, State.FAILED, reason=f"twilio:{error_code or status}", ended_at=now)
    elif status in ("bounced", "rejected", "complained"):
        reason = "email_complained" if status == "complained" else "email_bounced"
        move(log, State.FAILED, reason=reason, ended_at=now)
    elif log.state in (State.SENDING, State.UNKNOWN, State.PENDING):
        move(log, State.SENT, reason="")


def _apply_to_call(log, status, error_code, duration, now):
    if status == "completed" and duration is not None or status in ENDS:
        _pay_what_was_talked(log, duration or 0)
    if status == "ringing":
        move(log, State.DELIVERED, delivered_at=Coalesce("delivered_at", now), reason="")
    elif status == "in-progress":
        move(
            log, State.ANSWERED, reason="",
            delivered_at=Coalesce("delivered_at", now), answered_at=Coalesce("answered_at", now),
        )  # fmt: skip
    elif status == "completed":
        move(log, State.ANSWERED, reason="", answered_at=Coalesce("answered_at", now))
        CommunicationLog.objects.filter(pk=log.pk).update(ended_at=now, duration_seconds=duration)
    elif status in ("busy", "no-answer"):
        reason = "busy" if status == "busy" else "no_answer"
        if log.attempts < CALL_ATTEMPTS:
            _again(log, reason, _same_time_tomorrow(now))
        else:
            move(log, State.FAILED, reason="never_answered", ended_at=now)
    elif status == "failed":
        reason = f"twilio:{error_code}" if error_code else "call_failed"
        move(log, State.FAILED, reason=reason, ended_at=now)
    elif status == "canceled":
        move(log, State.FAILED, reason="call_cancelled", ended_at=now)
    elif log.state in (State.SENDING, State.UNKNOWN, State.PENDING):
        move(log, State.SENT, reason="")


def _pay_what_was_talked(log, seconds):
    """A call is debited as if it lasted to its limit; the rest goes back when its end is known."""
    unused = log.debit_paise - voice.cost_paise(Profile.current(), seconds)
    if log.posted_at and unused > 0:
        CommunicationLog.objects.filter(pk=log.pk).update(debit_paise=F("debit_paise") - unused)
        spending.give_back(log.channel, unused, log.posted_at)


def _again(log, reason, due_at):
    """One more try later: a new request, which will have a SID and times of its own."""
    move(
        log, State.PENDING, reason=reason, due_at=due_at, trying_since=due_at, provider_id="",
        accepted_at=None, delivered_at=None,
    )  # fmt: skip


def _same_time_tomorrow(now: datetime):
    return Profile.current().next_calling_time(now + timedelta(days=1))
