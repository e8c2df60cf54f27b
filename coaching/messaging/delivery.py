"""Send one row of the outbox, once: claim, ask the gates, begin the request, write what came.

A provider's lost answer makes the row `unknown`; `doubt` asks the provider before anything is
sent again.
"""

import random
import uuid
from datetime import timedelta

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from coaching.centre.models import Profile
from coaching.common.states import move
from coaching.messaging import gates, receipts
from coaching.messaging.catalogue import CATALOGUE, text_of
from coaching.messaging.channels import DeliveryError, OutcomeUnknown
from coaching.messaging.models import Channel, CommunicationLog, State

log_event = structlog.get_logger(__name__)

LEASE = timedelta(seconds=30)  # well above the 8 seconds a request may take
FIRST_LOOK = timedelta(seconds=5)
IN_FLIGHT = timedelta(seconds=2)
GIVE_UP_AFTER = timedelta(hours=24)
EMAIL_ATTEMPTS = 2  # of which the first answer was lost


def deliver(log_id):
    """Send one row if it is due and nobody else is sending it. Run it as often as you like.

    Commits at each step: claim, request begun, outcome. Must not run inside a transaction.
    """
    log = _claim(log_id)
    if log is None:
        return
    channel = gates.CHANNELS[log.channel]
    try:
        stop = gates.why_not_now(log, Profile.current())
        prepared = None if stop else channel.prepare(log)
    except DeliveryError as error:
        _not_sent(log, error)
        return
    except Exception:  # a wording that cannot be written must not look like a lost answer
        log_event.exception("wording_broken", log=str(log.pk), purpose=log.purpose)
        _not_sent(log, DeliveryError("wording_broken", permanent=True))
        return
    if stop:
        _stop(log, stop)
        return
    if not _begin_request(log):
        return
    try:
        provider_id = channel.send(log, prepared)
    except DeliveryError as error:
        _not_sent(log, error)
    except OutcomeUnknown as error:
        log_event.warning("outcome_unknown", log=str(log.pk), why=str(error))
        into_doubt(log)
    else:
        accepted(log, provider_id)


def _claim(log_id):
    """Take the row for LEASE, or return None. The token tells our claim from a later one."""
    now = timezone.now()
    due = CommunicationLog.objects.due(now).filter(pk=log_id)
    if not due.update(
        state=State.SENDING,
        claim_token=uuid.uuid4(),
        lease_until=now + LEASE,
        posted_at=None,
        looks=0,
    ):
        return None
    return CommunicationLog.objects.select_related("contact").get(pk=log_id)


def _begin_request(log):
    """Write that the request begins, if the claim still stands: from here a kill means doubt.

    The database allows one request in flight to a number; a second waits for the first's answer.
    """
    now = timezone.now()
    claimed = CommunicationLog.objects.filter(
        pk=log.pk, state=State.SENDING, claim_token=log.claim_token, lease_until__gt=now
    )
    try:
        with transaction.atomic():
            return bool(claimed.update(posted_at=now, attempts=F("attempts") + 1))
    except IntegrityError:
        _stop(log, gates.Stop(State.PENDING, "earlier_in_doubt", now + IN_FLIGHT))
        return False


def _mine(log):
    return {"claim_token": log.claim_token}


def _stop(log, stop):
    """Put a row that may not leave now where it belongs."""
    fields = {"reason": stop.reason}
    if stop.due_at:
        fields |= {"due_at": stop.due_at, "trying_since": stop.due_at}
    if stop.state == State.CANCELLED:
        fields["ended_at"] = timezone.now()
    move(log, stop.state, where=_mine(log), **fields)


def _not_sent(log, error):
    """It certainly did not leave: fail for good, or wait and try again for a day.

    The attempt does not count: `log` still carries the number from before it.
    """
    now = timezone.now()
    tried_for = (now - log.trying_since).total_seconds()
    settled = {"reason": error.reason, "attempts": log.attempts}
    if error.reason in ("template_missing", "wording_broken"):
        # Nobody refused it: once the template or the wording is there, it can be released.
        move(log, State.HELD, where=_mine(log), **settled)
    elif error.permanent:
        move(log, State.FAILED, where=_mine(log), ended_at=now, **settled)
    elif tried_for > GIVE_UP_AFTER.total_seconds():
        settled["reason"] = "gave_up"
        move(log, State.FAILED, where=_mine(log), ended_at=now, **settled)
    else:
        # Each wait is as long as the time tried so far: 4 s, 8 s, 16 s … five minutes.
        wait = error.retry_after or min(max(tried_for, 4), 300)
        due_at = now + timedelta(seconds=wait * random.uniform(1, 1.3))  # noqa: S311
        move(log, State.PENDING, where=_mine(log), due_at=due_at, **settled)


def into_doubt(log):
    """The answer was lost. A mail server cannot be asked; the same letter goes once more."""
    now = timezone.now()
    if log.channel != Channel.EMAIL:
        move(
            log, State.UNKNOWN, where=_mine(log), reason="outcome_unknown",
            due_at=now + FIRST_LOOK,
        )  # fmt: skip
        return
    log.refresh_from_db(fields=["attempts"])
    if log.attempts < EMAIL_ATTEMPTS:
        move(
            log, State.PENDING, where=_mine(log), reason="outcome_unknown",
            due_at=now + timedelta(seconds=10),
        )  # fmt: skip
    else:
        move(log, State.FAILED, where=_mine(log), reason="maybe_sent", ended_at=now)


@transaction.atomic
def accepted(log, provider_id):
    """Write that the provider has it, whatever became of the row meanwhile: evidence wins.

    A receipt may have been here before us; an attempt whose end is known already (the line was
    busy, a new call is planned) is not taken up again.
    """
    now = timezone.now()
    row = CommunicationLog.objects.select_for_update().get(pk=log.pk)
    if row.provider_id not in ("", provider_id):
        log_event.error("sent_twice", log=str(row.pk), provider_id=provider_id)
        return
    if row.state == State.PENDING and receipts.attempt_is_over(provider_id):
        return
    secret = CATALOGUE[row.purpose].secret
    row.provider_id = provider_id
    row.accepted_at = row.accepted_at or now
    row.context = {} if secret else row.context
    row.body = "" if secret or row.channel == Channel.EMAIL else text_of(log)
    row.save(update_fields=["provider_id", "accepted_at", "context", "body"])
    move(row, State.SENT, reason="")
    waited = round((now - max(row.created_at, row.trying_since)).total_seconds() * 1000)
    log_event.info(
        "accepted", channel=row.channel, purpose=row.purpose, subject=row.subject, waited_ms=waited
    )
