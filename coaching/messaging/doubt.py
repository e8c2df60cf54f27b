"""Settle what is in doubt: claims of dead workers, and requests whose answer was lost.

Twilio's creates are not idempotent, so the provider is asked what it has before anything is sent
again. Evidence of a send always wins.
"""

from datetime import timedelta

from django.utils import timezone

from coaching.common.states import move
from coaching.messaging import twilio
from coaching.messaging.channels import DeliveryError
from coaching.messaging.delivery import accepted, into_doubt, undo_request
from coaching.messaging.models import CommunicationLog, DeliveryReceipt, State

SECOND_LOOK = timedelta(seconds=60)
ASK_AGAIN = timedelta(seconds=15)  # the provider could not be asked
BATCH = 500


def recover_expired_claims():
    """Rows whose worker died or froze after the request began: nobody knows whether it left."""
    now = timezone.now()
    expired = CommunicationLog.objects.filter(state=State.SENDING, lease_until__lt=now)
    for log in expired.order_by("due_at", "pk")[:BATCH]:
        if log.posted_at is None:  # claimed by a worker from before a claim began the request
            move(log, State.PENDING, where={"posted_at": None}, due_at=now)
        else:
            into_doubt(log)


def resolve_unknown(log_id):
    """Ask the provider whether an unknown message or call exists: once per look, two looks.

    A match is a SID to the same number, begun since our request, that no other row has claimed.
    Found: sent. Absent in two looks at least 60 seconds apart: back to waiting. The database holds
    that no two rows of one number are in doubt at once: their matches could not be told apart.
    """
    now = timezone.now()
    mine = CommunicationLog.objects.filter(pk=log_id, state=State.UNKNOWN)
    if not mine.filter(due_at__lte=now).update(due_at=now + SECOND_LOOK):
        return  # another sweeper is looking
    log = CommunicationLog.objects.filter(pk=log_id, state=State.UNKNOWN).first()
    if log is None:
        return  # a receipt has told meanwhile
    mine = mine.filter(claim_token=log.claim_token)
    try:
        sids = twilio.find_sent(log.channel, log.recipient, log.posted_at)
    except DeliveryError:
        mine.update(due_at=now + ASK_AGAIN)
        return
    ours = _not_claimed(sids)
    if ours:
        accepted(log, ours[0])
    elif log.looks:
        undo_request(log, State.PENDING, due_at=now, reason="")
    else:
        mine.update(looks=1)


def _not_claimed(sids):
    """Leave out what belongs to another row, or to an earlier attempt that has its receipts."""
    rows = CommunicationLog.objects.filter(provider_id__in=sids)
    receipts = DeliveryReceipt.objects.filter(provider_id__in=sids)
    claimed = {
        *rows.values_list("provider_id", flat=True),
        *receipts.values_list("provider_id", flat=True),
    }
    return [sid for sid in sids if sid not in claimed]
