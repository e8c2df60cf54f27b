"""The outbox's front: queue a message with the change that causes it; release it, try it again.

The row is the record and commits with its cause. Celery is only the doorbell; the sweeper finds
what the doorbell missed. `delivery` sends rows, `doubt` settles those whose answer was lost.
"""

from django.db import transaction
from django.utils import timezone

from coaching.accounts.phone import why_not_reachable
from coaching.accounts.services import opt_out
from coaching.centre.models import Profile
from coaching.common.rows import insert
from coaching.common.states import move
from coaching.messaging import doorbell, gates, pauses
from coaching.messaging.catalogue import CATALOGUE, needed
from coaching.messaging.models import Channel, CommunicationLog, State

NOT_A_PERSON = "not_a_person"  # cancelled with an enquiry that was put into the bin
TAKEN_BACK = "taken_back"  # held again, because it was taken out of it


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
    messages_left = gates.messages_left(contact) if entry.from_strangers else len(Channel)
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
            context=context if channel == Channel.EMAIL else needed(message, channel, context),
        )
        is_too_much = channel != Channel.VOICE and messages_left <= 0
        messages_left -= channel != Channel.VOICE
        _foresee(row, profile, held or ("messaged_enough" if is_too_much else ""))
        rows.append(row)
    if rows:
        insert(*rows, or_leave="dedupe_key")
    now = timezone.now()
    _ring([row for row in rows if row.state == State.PENDING and row.due_at <= now])
    return rows


def _foresee(row, profile, held):
    """Write what can be known at queueing time, so that people are told the truth at once."""
    reason = held
    if not reason and row.channel != Channel.EMAIL:
        reason = why_not_reachable(row.recipient, profile.region_codes)
    if reason:
        row.state, row.reason = State.HELD, reason
        return
    if row.channel in pauses.waiting():
        row.reason = "channel_paused"
    if row.channel == Channel.VOICE:
        row.due_at = row.trying_since = profile.next_calling_time(row.created_at)
        row.reason = "outside_calling_hours" if row.due_at > row.created_at else row.reason


def release(log):
    """Let a held message go: True when it now waits to be sent.

    The gates are asked again at sending time, so a number that may not be reached is held again.
    """
    return log.state == State.HELD and _wait_again(log, released_at=timezone.now())


def release_held(contact, reasons, *, since):
    """Let go what was held for one of `reasons` and is settled by an enquiry of now.

    Only what was queued `since` then (aware): the person is answered once, however often they, or
    a program with their number, had asked before. Older rows are cancelled. NOT_A_PERSON among the
    reasons revives what was cancelled with an enquiry in the bin: its dedupe key keeps a new row
    away. Returns how many now wait to be sent.
    """
    stopped = CommunicationLog.objects.filter(
        contact=contact, state__in=(State.HELD, State.CANCELLED), reason__in=reasons
    )
    released = 0
    for log in stopped:
        if log.created_at < since:
            move(log, State.CANCELLED, reason="superseded", ended_at=timezone.now())
            continue
        if log.state == State.CANCELLED:
            binned = {"reason": NOT_A_PERSON}
            move(log, State.HELD, where=binned, reason=TAKEN_BACK, ended_at=None)
        released += _wait_again(log)
    return released


@transaction.atomic
def stop(contact, *, source, ip=None):
    """The person wants no more messages: opt out, and cancel what waits. True the first time.

    Both at once, so that a message that is being written finds its row cancelled.
    """
    first = opt_out(contact, source=source, ip=ip)
    stoppable = [name for name, message in CATALOGUE.items() if message.stoppable]
    CommunicationLog.objects.outbound().filter(
        contact=contact, state__in=(State.PENDING, State.HELD), purpose__in=stoppable
    ).update(state=State.CANCELLED, reason="opted_out", ended_at=timezone.now())
    return first


def retry(log):
    """Send a failed message again at a person's wish: True when it now waits to be sent."""
    return log.state == State.FAILED and _wait_again(log, provider_id="", ended_at=None, attempts=0)


def _wait_again(log, **fields):
    now = timezone.now()
    if not move(log, State.PENDING, reason="", due_at=now, trying_since=now, **fields):
        return False
    _ring([log])
    return True


def _ring(rows):
    due = [(row.pk, row.channel) for row in rows]
    transaction.on_commit(lambda: doorbell.ring(due), robust=True)
