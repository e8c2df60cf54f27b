"""The outbox: queue a message with the change that causes it, deliver it once, learn its fate.

The row is the record and commits with its cause. Celery is only the doorbell; the sweeper finds
what the doorbell missed. A provider's lost answer makes the row `unknown`, and the provider is
asked before anything is sent again.
"""

import random
import uuid
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from coaching.accounts.phone import why_not_reachable
from coaching.centre.models import Profile
from coaching.common.states import move
from coaching.messaging import doorbell, gates, twilio
from coaching.messaging.catalogue import CATALOGUE, text_of
from coaching.messaging.channels import DeliveryError, OutcomeUnknown
from coaching.messaging.models import Channel, CommunicationLog, State

log_event = structlog.get_logger(__name__)

LEASE = timedelta(seconds=30)  # well above the 8 seconds a request may take
SECOND_LOOK = timedelta(seconds=60)
FIRST_LOOK = timedelta(seconds=5)
GIVE_UP_AFTER = timedelta(hours=24)
EMAIL_ATTEMPTS = 2  # of which the first answer was lost


# --- queue -----------------------------------------------------------------------------------


def queue(contact, message, context, *, subject, dedupe_key, email="", channels=None,
          language=None, held=""):  # fmt: skip
    """Put a message of the catalogue into the outbox: the one door out.

    One row per channel that the message has (or of `channels`) and that the person can be reached
    by. A row whose `dedupe_key` is already there is left alone, so asking twice sends once.
    `held` is a reason for which staff look first. Joins the caller's transaction and rings the
    doorbell when that commits. Returns the rows as asked for; a row that was there already keeps
    its own id.
    """
    entry = CATALOGUE[message]
    profile = Profile.current()
    rows = []
    for channel in channels or entry.channels:
        recipient = email if channel == Channel.EMAIL else contact.phone
        if not recipient:
            continue
        row = CommunicationLog(
            contact=contact,
            channel=channel,
            purpose=message,
            subject=subject,
            dedupe_key=f"{dedupe_key}:{channel}",
            recipient=recipient,
            language=language or contact.language,
            context=context,
        )
        _foresee(row, profile, held)
        rows.append(row)
    # A repeat updates its own key, that is, nothing. (IGNORE would also swallow a broken row.)
    CommunicationLog.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["dedupe_key"], update_fields=["dedupe_key"]
    )
    due = [row.pk for row in rows if row.state == State.PENDING and row.due_at <= timezone.now()]
    transaction.on_commit(lambda: doorbell.ring(due), robust=True)
    return rows


def _foresee(row, profile, held):
    """Write what can be known at queueing time, so that people are told the truth at once."""
    reason = held
    if not reason and row.channel != Channel.EMAIL:
        reason = why_not_reachable(row.recipient, profile.region_codes)
    if reason:
        row.state, row.reason = State.HELD, reason
    elif row.channel == Channel.VOICE:
        row.due_at = profile.next_calling_time(row.created_at)
        row.reason = "outside_calling_hours" if row.due_at > row.created_at else ""


# --- deliver ---------------------------------------------------------------------------------


def deliver(log_id):
    """Send one row if it is due and nobody else is sending it. Run it as often as you like.

    Commits at each step: claim, request begun, outcome. Must not run inside a transaction.
    """
    log = _claim(log_id)
    if log is None:
        return
    stop = gates.why_not_now(log, Profile.current())
    if stop:
        _stop(log, stop)
        return
    channel = gates.CHANNELS[log.channel]
    try:
        prepared = channel.prepare(log)
    except DeliveryError as error:
        _not_sent(log, error)
        return
    except Exception:  # a wording that cannot be written must not look like a lost answer
        log_event.exception("wording_broken", log=str(log.pk), purpose=log.purpose)
        _not_sent(log, DeliveryError("wording_broken", permanent=True))
        return
    if not _begin_request(log):
        return
    try:
        provider_id = channel.send(log, prepared)
    except DeliveryError as error:
        _not_sent(log, error)
    except OutcomeUnknown as error:
        log_event.warning("outcome_unknown", log=str(log.pk), why=str(error))
        _in_doubt(log)
    else:
        accepted(log, provider_id)


def _claim(log_id):
    """Take the row for LEASE, or return None. The token tells our claim from a later one."""
    now = timezone.now()
    token = uuid.uuid4()
    won = (
        CommunicationLog.objects.due(now)
        .filter(pk=log_id)
        .update(
            state=State.SENDING, claim_token=token, lease_until=now + LEASE, posted_at=None, looks=0
        )
    )
    if not won:
        return None
    return CommunicationLog.objects.select_related("contact").get(pk=log_id)


def _begin_request(log):
    """Write that the request begins, if the claim still stands: from here a kill means doubt."""
    now = timezone.now()
    return bool(
        CommunicationLog.objects.filter(
            pk=log.pk, state=State.SENDING, claim_token=log.claim_token, lease_until__gt=now
        ).update(posted_at=now, attempts=F("attempts") + 1)
    )


def _mine(log):
    return {"claim_token": log.claim_token}


def _stop(log, stop):
    """Put a row that may not leave now where it belongs."""
    fields = {"reason": stop.reason, "claim_token": None, "lease_until": None}
    if stop.due_at:
        fields["due_at"] = stop.due_at
    if stop.state == State.CANCELLED:
        fields["ended_at"] = timezone.now()
    move(log, stop.state, where=_mine(log), **fields)


def _not_sent(log, error):
    """It certainly did not leave: fail for good, or wait and try again for a day."""
    now = timezone.now()
    if error.reason in ("template_missing", "wording_broken"):
        # Nobody refused it: once the template or the wording is there, it can be released.
        move(log, State.HELD, where=_mine(log), reason=error.reason)
    elif error.permanent:
        move(log, State.FAILED, where=_mine(log), reason=error.reason, ended_at=now)
    elif now - log.created_at > GIVE_UP_AFTER and log.attempts:
        move(log, State.FAILED, where=_mine(log), reason="gave_up", ended_at=now)
    else:
        wait = error.retry_after or min(2 ** (log.attempts + 1), 300)
        due_at = now + timedelta(seconds=wait * random.uniform(1, 1.5))  # noqa: S311
        move(log, State.PENDING, where=_mine(log), reason=error.reason, due_at=due_at)


def _in_doubt(log):
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
    """Write that the provider has it. A receipt may have been here before us: forward only."""
    now = timezone.now()
    secret = CATALOGUE[log.purpose].secret
    context = {} if secret else log.context
    body = "" if secret or log.channel == Channel.EMAIL else text_of(log)
    known = CommunicationLog.objects.filter(pk=log.pk, provider_id__in=("", provider_id))
    if not known.update(
        provider_id=provider_id,
        accepted_at=Coalesce("accepted_at", now),
        context=context,
        body=body,
    ):
        log_event.error("sent_twice", log=str(log.pk), provider_id=provider_id)
    move(log, State.SENT, reason="")
    waited = round((now - max(log.created_at, log.due_at)).total_seconds() * 1000)
    log_event.info(
        "accepted", channel=log.channel, purpose=log.purpose, subject=log.subject, waited_ms=waited
    )


# --- what became of it -----------------------------------------------------------------------


def recover_expired_claims():
    """Rows whose worker died or froze: back to waiting if no request began, else into doubt."""
    now = timezone.now()
    expired = CommunicationLog.objects.filter(state=State.SENDING, lease_until__lt=now)
    for log in expired.order_by("due_at", "pk")[:500]:
        if log.posted_at is None:
            move(log, State.PENDING, where={**_mine(log), "posted_at": None}, due_at=now)
        else:
            _in_doubt(log)


def resolve_unknown(log):
    """Ask the provider whether an unknown message or call exists: once per look, two looks.

    A match is a SID to the same number, begun since our request, that no other row has claimed.
    Found: sent. Absent in two looks at least 60 seconds apart: back to waiting. While an older
    row to the same number is in doubt, this one waits: their matches could not be told apart.
    """
    now = timezone.now()
    mine = CommunicationLog.objects.filter(pk=log.pk, state=State.UNKNOWN, due_at__lte=now)
    if not mine.update(due_at=now + SECOND_LOOK):
        return  # another sweeper is looking
    doubtful = CommunicationLog.objects.filter(
        contact_id=log.contact_id, channel=log.channel, state=State.UNKNOWN
    )
    if doubtful.filter(posted_at__lt=log.posted_at).exclude(pk=log.pk).exists():
        mine_again = CommunicationLog.objects.filter(pk=log.pk, state=State.UNKNOWN)
        mine_again.update(due_at=now + gates.IN_DOUBT)
        return
    try:
        sids = twilio.find_sent(log.channel, log.recipient, log.posted_at)
    except DeliveryError:
        CommunicationLog.objects.filter(pk=log.pk, state=State.UNKNOWN).update(
            due_at=now + gates.IN_DOUBT
        )
        return
    claimed = set(
        CommunicationLog.objects.filter(provider_id__in=sids).values_list("provider_id", flat=True)
    )
    free = [sid for sid in sids if sid not in claimed]
    if free:
        accepted(log, free[0])
    elif log.looks:
        move(log, State.PENDING, where={"looks": log.looks}, due_at=now, reason="")
    else:
        CommunicationLog.objects.filter(pk=log.pk, state=State.UNKNOWN).update(looks=1)


# --- staff -----------------------------------------------------------------------------------


def release(log):
    """Let a held message go: True when it now waits to be sent.

    The gates are asked again at sending time, so a number that may not be reached is held again.
    """
    if not move(log, State.PENDING, reason="", due_at=timezone.now()):
        return False
    transaction.on_commit(lambda: doorbell.ring([log.pk]), robust=True)
    return True


def retry(log):
    """Send a failed message again at a person's wish: True when it now waits to be sent."""
    if log.state != State.FAILED:
        return False
    if not move(log, State.PENDING, reason="", due_at=timezone.now(), provider_id="",
                ended_at=None, attempts=0):  # fmt: skip
        return False
    transaction.on_commit(lambda: doorbell.ring([log.pk]), robust=True)
    return True
