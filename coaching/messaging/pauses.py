"""Channels that do not send for now: switched off by the owner, refused keys, too few arrivals.

`gates` asks `held_by` before each message, the sweeper leaves out `waiting` channels. Other
processes hear of a pause within a second.
"""

from datetime import UTC, datetime, timedelta

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from coaching.common import remember
from coaching.messaging import alerts
from coaching.messaging.models import Channel, CommunicationLog, Pause, State

log_event = structlog.get_logger(__name__)

Cause = Pause.Cause
TRY_EVERY = timedelta(seconds=60)
BREAK = timedelta(hours=1)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@remember.for_seconds(1)
def _open():
    """Return {(channel, cause): when one row may be tried} of every pause that holds now."""
    pauses = Pause.objects.filter(ended_at=None)
    now = timezone.now()
    return {
        (pause.channel, pause.cause): pause.next_try_at
        for pause in pauses
        if pause.until is None or pause.until > now
    }


def held_by(channel, *, from_strangers):
    """Return why a message of this channel is to be held, or ''."""
    if (channel, Cause.OWNER) in _open():
        return "switched_off"
    if from_strangers and (channel, Cause.BREAKER) in _open():
        return "too_few_arrive"
    return ""


def stopped():
    """Return the channels that the owner has switched off."""
    return [channel for channel in Channel if (channel, Cause.OWNER) in _open()]


def waiting():
    """Return the channels whose rows wait because the provider refuses our keys."""
    return {channel for channel, cause in _open() if cause == Cause.REFUSED}


def not_yet():
    """Return those of them in which no row may be tried at this moment."""
    now = timezone.now()
    return {
        channel
        for (channel, cause), next_try_at in _open().items()
        if cause == Cause.REFUSED and next_try_at > now
    }


def may_try(channel):
    """Whether a row may go to the provider: always, but once a minute where it refuses our keys."""
    if channel not in waiting():
        return True
    now = timezone.now()
    tried = Pause.objects.filter(
        channel=channel, cause=Cause.REFUSED, ended_at=None, next_try_at__lte=now
    ).update(next_try_at=now + TRY_EVERY)
    _open.forget()
    return bool(tried)


@transaction.atomic
def refused(channel):
    """The provider refused our keys: keep the rows, try one a minute, tell the owner once."""
    _start(channel, Cause.REFUSED, next_try_at=timezone.now() + TRY_EVERY)
    alerts.raise_alert(
        f"refused:{channel}",
        f"{Channel(channel).label}: the provider refuses our keys. Messages wait, and leave by "
        "themselves once the keys are right. Check them with the provider, then in the settings.",
    )
    waits = CommunicationLog.objects.filter(channel=channel, state=State.PENDING, reason="")
    waits.update(reason="channel_paused")


@transaction.atomic
def works_again(channel, posted_at):
    """A request that was begun at `posted_at` was accepted: end the pause, let all that waits go.

    One that was begun before the pause proves nothing about the keys of now.
    """
    if channel not in waiting() or not _end(channel, Cause.REFUSED, since__lt=posted_at):
        return
    now = timezone.now()
    waited = CommunicationLog.objects.filter(channel=channel, state=State.PENDING)
    waited.filter(reason__in=("channel_paused", "provider_refused_login")).update(
        reason="", due_at=now, trying_since=now
    )
    alerts.close(f"refused:{channel}")


def switch_off(channel, by):
    """The owner's switch: from now on everything due on this channel is held. True if it was on."""
    return _start(channel, Cause.OWNER, by=by)


def switch_on(channel, by=""):
    """Undo `switch_off`; what was held stays held until somebody releases it."""
    return _end(channel, Cause.OWNER, by=by)


@transaction.atomic
def trip(channel, text):
    """Too few messages arrive: hold what strangers cause on this channel for an hour."""
    if _start(channel, Cause.BREAKER, until=timezone.now() + BREAK):
        alerts.raise_alert(f"breaker:{channel}", text)


def last_reset(channel):
    """Return when the channel's breaker was last reset; long ago if it never was."""
    ended = Pause.objects.filter(channel=channel, cause=Cause.BREAKER).exclude(ended_at=None)
    return ended.aggregate(last=Max("ended_at"))["last"] or LONG_AGO


@transaction.atomic
def reset_breaker(channel, by=""):
    """The owner has looked: let strangers' messages leave again. True if it had tripped."""
    alerts.close(f"breaker:{channel}")
    return _end(channel, Cause.BREAKER, by=by)


def end_what_is_over():
    """End the pauses whose time is over."""
    over = Pause.objects.filter(ended_at=None, until__lte=timezone.now())
    for pause in over:
        reset_breaker(pause.channel)


def _start(channel, cause, **fields):
    try:
        with transaction.atomic():
            Pause.objects.create(channel=channel, cause=cause, **fields)
    except IntegrityError:
        return False  # it has begun already
    _forget_open()
    log_event.warning("channel_paused", channel=channel, cause=cause)
    return True


def _end(channel, cause, by="", **which):
    ended = Pause.objects.filter(channel=channel, cause=cause, ended_at=None, **which).update(
        ended_at=timezone.now(), ended_by=by
    )
    _forget_open()
    if ended:
        log_event.info("channel_resumed", channel=channel, cause=cause)
    return bool(ended)


def _forget_open():
    """Now, and once more when the others can see it: one may have read it again in between."""
    _open.forget()
    transaction.on_commit(_open.forget)
