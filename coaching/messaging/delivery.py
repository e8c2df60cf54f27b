"""Send one row of the outbox, once: claim, ask the gates, begin the request, write what came.

A provider's lost answer makes the row `unknown`; `doubt` asks the provider before anything is
sent again.
"""

import random
import uuid
from datetime import timedelta

import structlog
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from coaching.centre.models import Profile
from coaching.common.states import move
from coaching.messaging import gates
from coaching.messaging.catalogue import CATALOGUE, text_of
from coaching.messaging.channels import DeliveryError, OutcomeUnknown
from coaching.messaging.models import Channel, CommunicationLog, State

log_event = structlog.get_logger(__name__)

LEASE = timedelta(seconds=30)  # well above the 8 seconds a request may take
FIRST_LOOK = timedelta(seconds=5)
GIVE_UP_AFTER = timedelta(hours=24)
EMAIL_ATTEMPTS = 2  # of which the first answer was lost


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
        into_doubt(log)
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
