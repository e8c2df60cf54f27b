"""Send one row of the outbox, once: ask the gates, begin the request, write what came.

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
from coaching.common.templatetags.spans import at
from coaching.messaging import alerts, gates, pauses, receipts, spending
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

    Commits when the request begins and again with its outcome. Must not run in a transaction.
    """
    log = _due(log_id)
    if log is None:
        return
    profile = Profile.current()
    channel = gates.CHANNELS[log.channel]
    try:
        stop = gates.why_not_now(log, profile)
        prepared = None if stop else channel.prepare(log)
    except DeliveryError as error:
        _not_sent(log, error)
        return
    except Exception:  # a wording that cannot be written must not look like a lost answer
        log_event.exception("wording_broken", log=str(log.pk), purpose=log.purpose)
        _not_sent(log, DeliveryError("wording_broken", permanent=True))
        return
    if not stop and not pauses.may_try(log.channel):
        return  # our keys are refused: it waits
    stop = stop or _begin(log, profile)
    if stop:
        _stop(log, stop)
        return
    if log.state != State.SENDING:  # somebody else was first
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


def _due(log_id):
    """Return the row with all that the gates ask about it, or None."""
    return CommunicationLog.objects.due(timezone.now()).for_sending().filter(pk=log_id).first()


def _begin(log, profile):
    """Write that the request begins, and debit its price: from here a kill means doubt.

    One transaction, won by one caller, who finds `log.state` SENDING; the token tells this claim
    from a later one, should this worker freeze past LEASE. The database allows one request in
    flight to a number; a second waits for the first's answer. Returns a Stop when it may not leave.
    """
    now = timezone.now()
    paise = gates.CHANNELS[log.channel].price_paise(profile)
    claim = {
        "state": State.SENDING,
        "claim_token": uuid.uuid4(),
        "lease_until": now + LEASE,
        "posted_at": now,
        "looks": 0,
        "debit_paise": paise,
    }
    due = CommunicationLog.objects.due(now).filter(pk=log.pk)
    try:
        with transaction.atomic():
            if not due.update(**claim, attempts=F("attempts") + 1):
                return None
            stop = gates.enough_for_today(log)
            if stop:
                raise _MayNotLeave(stop)
            spending.debit(log.channel, paise, profile, now)
    except _MayNotLeave as error:
        return error.stop
    except spending.BudgetSpent as error:
        alerts.raise_alert(
            f"budget:{log.channel}",
            f"{log.get_channel_display()}: the budget of this {error.period} is spent. What falls "
            f"due is held, and stays held: release it {at(error.until)} or later, or raise the "
            "budget now.",
            until=error.until,
        )
        return gates.Stop(State.HELD, "budget_spent")
    except IntegrityError:
        return gates.Stop(State.PENDING, "earlier_in_doubt", now + IN_FLIGHT)
    for name, value in claim.items():
        setattr(log, name, value)
    return None


class _MayNotLeave(Exception):
    """Undoes a request that was just begun."""

    def __init__(self, stop):
        super().__init__(stop.reason)
        self.stop = stop


def _mine(log):
    return {"claim_token": log.claim_token}


def _stop(log, stop):
    """Put a row that may not leave now where it belongs."""
    fields = {"reason": stop.reason}
    if stop.due_at:
        fields["due_at"] = stop.due_at
        if stop.reason != "earlier_in_doubt":
            fields["trying_since"] = stop.due_at
    if stop.state == State.HELD:
        fields["due_at"] = timezone.now()  # since when it is held
    if stop.state == State.CANCELLED:
        fields["ended_at"] = timezone.now()
    move(log, stop.state, where={"due_at": log.due_at}, **fields)


def _not_sent(log, error):
    """It certainly did not leave: fail for good, or wait and try again for a day.

    The attempt does not count: `log` still carries the number from before it.
    """
    now = timezone.now()
    tried_for = (now - log.trying_since).total_seconds()
    settled = {"reason": error.reason}
    if error.reason in ("template_missing", "wording_broken"):
        # Nobody refused it: once the template or the wording is there, it can be released.
        to, settled["due_at"] = State.HELD, now
    elif error.permanent:
        to, settled["ended_at"] = State.FAILED, now
    elif tried_for > GIVE_UP_AFTER.total_seconds() and error.reason != "provider_refused_login":
        to, settled["ended_at"], settled["reason"] = State.FAILED, now, "gave_up"
    else:
        # Each wait is as long as the time tried so far: 4 s, 8 s, 16 s … a minute and a half, so
        # that everything has left two minutes after the provider is back.
        wait = min(error.retry_after or max(tried_for, 4), 90)
        to = State.PENDING
        settled["due_at"] = now + timedelta(seconds=wait * random.uniform(1, 1.3))  # noqa: S311
    if log.state == State.PENDING:  # it had not even begun
        move(log, to, where=_mine(log), **settled)
    else:
        undo_request(log, to, attempts=log.attempts, **settled)
    if error.reason == "provider_refused_login":
        pauses.refused(log.channel)


@transaction.atomic
def undo_request(log, to, **fields):
    """Move a row whose request certainly did not leave, and give its price back. True if moved."""
    posted_at, paise = log.posted_at, log.debit_paise
    if not move(log, to, where=_mine(log), posted_at=None, debit_paise=0, **fields):
        return False
    spending.give_back(log.channel, paise, posted_at)
    return True


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


def accepted(log, provider_id):
    """Write that the provider has it, whatever became of the row meanwhile: evidence wins."""
    now = timezone.now()
    secret = CATALOGUE[log.purpose].secret
    what_left = {
        "context": {} if secret else log.context,
        "body": "" if secret or log.channel == Channel.EMAIL else text_of(log),
    }
    undisturbed = {**_mine(log), "provider_id": ""}
    if log.state != State.SENDING or not move(
        log, State.SENT, where=undisturbed, reason="", provider_id=provider_id, accepted_at=now,
        **what_left,
    ):  # fmt: skip
        _accepted_after_all(log, provider_id, now, what_left)
    pauses.works_again(log.channel, log.posted_at)
    waited = round((now - max(log.created_at, log.trying_since)).total_seconds() * 1000)
    log_event.info(
        "accepted", channel=log.channel, purpose=log.purpose, subject=log.subject, waited_ms=waited
    )


@transaction.atomic
def _accepted_after_all(log, provider_id, now, what_left):
    """The same for a row that something else has moved since its request began.

    A receipt may have been here before us; an attempt whose end is known already (the line was
    busy, a new call is planned) is not taken up again.
    """
    row = CommunicationLog.objects.select_for_update().get(pk=log.pk)
    if row.provider_id not in ("", provider_id):
        log_event.error("sent_twice", log=str(row.pk), provider_id=provider_id)
        return
    if row.state == State.PENDING and receipts.attempt_is_over(provider_id):
        return
    row.provider_id = provider_id
    row.accepted_at = row.accepted_at or now
    row.context, row.body = what_left["context"], what_left["body"]
    row.save(update_fields=["provider_id", "accepted_at", "context", "body"])
    move(row, State.SENT, reason="")
