"""Thousands of held messages at a time: let go, or cancelled, in steps that stay quick.

A bot flood leaves ten thousand messages held, of which twenty are real people's. What the owner
saw is what is moved: `seen_at` is when the list was looked at, and what was held or released
since is left alone, so that a second click moves nothing.
"""

import time

import structlog
from django.db import transaction
from django.utils import timezone

from coaching.messaging import doorbell
from coaching.messaging.models import Channel, CommunicationLog, State

log_event = structlog.get_logger(__name__)

AT_ONCE = 20_000  # rows that one step moves at most
BATCH = 500
PATIENCE_SECONDS = 4
CANCELLED_BY_HAND = "cancelled_by_hand"


def held_at(rows, seen_at):
    """Return those of `rows` (a QuerySet) that were there at `seen_at` and are still held."""
    return rows.filter(state=State.HELD, due_at__lte=seen_at)  # held since then


def release_many(rows, seen_at, room):
    """Let them go, as `services.release` does for one; returns how many now wait to be sent.

    `room` says how many of each channel may go, {channel: number}: the rest stays held for its own
    reason. The gates are asked again as each leaves: number, STOP, consent, budget, switched-off
    channel. Stops after PATIENCE_SECONDS or AT_ONCE; call again for the rest. Commits each BATCH.
    """
    now = timezone.now()
    return _step(
        held_at(rows, seen_at), room, rings=True,
        state=State.PENDING, reason="", due_at=now, trying_since=now, released_at=now,
    )  # fmt: skip


def cancel_many(rows, seen_at):
    """Bin them for good; returns how many. Steps as in `release_many`."""
    return _step(
        held_at(rows, seen_at), dict.fromkeys(Channel.values, AT_ONCE), rings=False,
        state=State.CANCELLED, reason=CANCELLED_BY_HAND, ended_at=timezone.now(),
    )  # fmt: skip


def _step(rows, room, *, rings, **fields):
    deadline = time.monotonic() + PATIENCE_SECONDS
    moved = 0
    for channel, most in room.items():
        of_channel, gone = rows.filter(channel=channel), 0
        while time.monotonic() < deadline:
            batch = _move_batch(of_channel, min(BATCH, most - gone, AT_ONCE - moved), rings, fields)
            if not batch:
                break
            gone, moved = gone + batch, moved + batch
    log_event.info("moved_by_hand", to=fields["state"], rows=moved)
    return moved


@transaction.atomic
def _move_batch(rows, most, rings, fields):
    """Move the `most` oldest of `rows`. Two people at once take different ones, and never wait."""
    oldest = rows.select_related(None).order_by("due_at").select_for_update(skip_locked=True)
    batch = list(oldest.values_list("pk", "channel")[:most])
    mine = CommunicationLog.objects.filter(pk__in=[pk for pk, _ in batch], state=State.HELD)
    moved = mine.update(**fields)
    if rings:
        transaction.on_commit(lambda: doorbell.ring(batch), robust=True)
    return moved
