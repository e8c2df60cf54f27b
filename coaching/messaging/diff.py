"""The daily comparison: what the provider has of a day against what our rows say.

It finds what the outbox cannot rule out: a worker frozen past its lease that sends all the same,
a letter that went twice. It asks and writes down; only `adopt` changes a message.
"""

from collections import Counter
from datetime import datetime, time, timedelta
from itertools import islice

import structlog
from django.db import transaction
from django.db.models.functions import Coalesce
from django.utils import timezone

from coaching.messaging import alerts, delivery, gates, twilio
from coaching.messaging.channels import DeliveryError
from coaching.messaging.models import (
    Channel,
    CommunicationLog,
    DeliveryReceipt,
    ProviderDiff,
    State,
)

log_event = structlog.get_logger(__name__)

A_DAY = timedelta(days=1)
DAYS = 3  # yesterday, and two that may have been missed
SETTLED = timedelta(hours=5)  # after midnight: Twilio keeps a message in its queue for 4 hours
IN_FLIGHT = timedelta(minutes=10)  # of a day that is not over: its answers may still be on the way
BATCH = 500
MOST_NAMED = 500

LEFT = (State.SENT, State.DELIVERED, State.READ, State.ANSWERED)
WAITING = (State.PENDING, State.SENDING, State.UNKNOWN)
NOUNS = {Channel.WHATSAPP: "WhatsApp message", Channel.VOICE: "call", Channel.EMAIL: "e-mail"}


def compare_missed_days():
    """Compare yesterday, and days before it that were missed; what was done is not done again."""
    for back in range(1, DAYS + 1):
        day = timezone.localdate() - back * A_DAY
        settled_at = _bounds(day)[1] + SETTLED
        done = ProviderDiff.objects.filter(day=day, compared_at__gte=settled_at)
        for channel in set(Channel.values) - set(done.values_list("channel", flat=True)):
            try:
                compare(day, channel)
            except DeliveryError as error:
                log_event.warning("not_compared", day=str(day), channel=channel, why=error.reason)


def compare(day, channel, *, page_size=twilio.PAGE_SIZE):
    """Compare one day of India on one channel; return its ProviderDiff, or None without keys.

    The owner is told of what was not known before. Raises DeliveryError, and writes nothing, when
    the provider cannot be asked.
    """
    if not gates.CHANNELS[channel].is_configured():
        return None
    start, end = _bounds(day)
    end = min(end, timezone.now() - IN_FLIGHT)
    begun = CommunicationLog.objects.outbound().filter(
        channel=channel, posted_at__gte=start, posted_at__lt=end
    )
    if channel == Channel.EMAIL:  # SMTP has no list: a second try may be a second letter
        repeated = begun.filter(attempts__gt=1).order_by("posted_at")[:MOST_NAMED]
        count, unclaimed, missing = begun.count(), [_named(log) for log in repeated], []
    else:
        listed = twilio.list_sent(channel, day - A_DAY, day + A_DAY, page_size)
        count, unclaimed, missing = _compare(listed, begun, start, end)
    return _keep(
        day, channel, provider_count=count, unclaimed=unclaimed, missing=missing,
        compared_at=timezone.now(),
    )  # fmt: skip


@transaction.atomic
def _keep(day, channel, **found):
    known = ProviderDiff.objects.filter(day=day, channel=channel).first()
    row, _ = ProviderDiff.objects.update_or_create(day=day, channel=channel, defaults=found)
    is_news = not known or (known.unclaimed, known.missing) != (row.unclaimed, row.missing)
    if is_news and not row.is_clean:
        _tell(row)
    return row


def adopt(found):
    """After a restore: give what the provider has to the rows that still wait to be sent.

    Only where one message stands against one waiting row, so that nobody is messaged twice and
    nothing that did not leave is taken for sent. For stopped workers. Returns how many.
    """
    adopted = 0
    times_named = Counter(entry["log"] for entry in found.unclaimed)
    for entry in found.unclaimed:
        if not entry["log"] or times_named[entry["log"]] > 1:
            continue
        waiting = CommunicationLog.objects.filter(
            pk=entry["log"], state__in=WAITING, provider_id=""
        )
        log = waiting.first()
        at = datetime.fromisoformat(entry["at"])
        if log and waiting.update(posted_at=at, accepted_at=at):
            delivery.accepted(log, entry["sid"])
            adopted += 1
    return adopted


def _bounds(day):
    """Return when `day` begins and ends in India."""
    start = timezone.make_aware(datetime.combine(day, time.min))
    return start, start + A_DAY


def _compare(listed, begun, start, end):
    """Return how many were made in the day, and as JSON: those without a row, rows without one.

    The list reaches a day further on both sides than `start` and `end`, so that neither a clock
    that is wrong nor a message that waited at the provider makes a row of the day look missing.
    """
    sent = begun.filter(state__in=LEFT).only("provider_id", "channel", "recipient", "posted_at")
    missing = {log.provider_id: log for log in sent if twilio.is_sid(log.provider_id)}
    count, unclaimed = 0, {}
    while batch := list(islice(listed, BATCH)):
        for item in batch:
            missing.pop(item.sid, None)
        made = {
            item.sid: item for item in batch if item.created_at and start <= item.created_at < end
        }
        count += len(made)
        claimed = _claimed(made)
        for sid, item in made.items():
            if sid not in claimed and len(unclaimed) < MOST_NAMED:
                unclaimed[sid] = item
    second = sorted(unclaimed.values(), key=lambda item: (item.created_at, item.sid))
    lacking = sorted(missing.values(), key=lambda log: log.posted_at)[:MOST_NAMED]
    return count, [_doubling(item) for item in second], [_named(log) for log in lacking]


def _claimed(sids):
    """Return those of `sids` that are a row's own, or were, before it was tried again."""
    rows = CommunicationLog.objects.filter(provider_id__in=sids)
    receipts = DeliveryReceipt.objects.filter(provider_id__in=sids, is_ours=True)
    return {
        *rows.values_list("provider_id", flat=True),
        *receipts.values_list("provider_id", flat=True),
    }


def _doubling(item):
    """Say what the provider has, and which row it doubles, or belongs to, as it seems."""
    return {
        "sid": item.sid,
        "to": item.number[-4:],
        "at": item.created_at.isoformat(),
        "log": str(_row_of(item) or ""),
    }


def _row_of(item):
    """Return the id of the row whose request it was, by its receipt; else the number's nearest."""
    told = DeliveryReceipt.objects.filter(provider_id=item.sid).exclude(log=None).first()
    if told:
        return told.log_id
    channel = Channel.VOICE if item.sid.startswith("CA") else Channel.WHATSAPP
    rows = CommunicationLog.objects.outbound().filter(
        contact__phone=item.number,
        channel=channel,
        created_at__lte=item.created_at + twilio.CLOCK_MARGIN,
    )
    begun = rows.values_list(Coalesce("posted_at", "trying_since"), "pk")
    nearest = min(begun, key=lambda row: abs(row[0] - item.created_at), default=None)
    return nearest and nearest[1]


def _named(log):
    return {
        "sid": log.provider_id,
        "to": "" if log.channel == Channel.EMAIL else log.recipient[-4:],
        "at": log.posted_at.isoformat(),
        "log": str(log.pk),
    }


def _tell(found):
    """Tell the owner in plain words; the rows of the comparison name each."""
    day, noun = f"{found.day:%d %b %Y}", NOUNS[found.channel]
    said = []
    if found.unclaimed:
        said.append(f"{_several(found.unclaimed, noun)} may have been sent twice")
    if found.missing:
        said.append(
            f"the provider does not know {_several(found.missing, noun)} that we count as sent"
        )
    alerts.raise_alert(
        f"diff:{found.channel}:{found.day}",
        f"{day}: {', and '.join(said)}. The daily comparison names each.",
        until=timezone.now() + 7 * A_DAY,
    )


def _several(entries, noun):
    more = " or more" if len(entries) >= MOST_NAMED else ""
    return f"{len(entries)}{more} {noun}{'' if len(entries) == 1 else 's'}"
