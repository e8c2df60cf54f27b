"""The speed ledger and what needs a hand: figures about messages, each of bounded cost."""

import math
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone

from coaching.centre.models import Profile
from coaching.common.lookups import CAP, AtLeast, capped_count
from coaching.messaging.models import Channel, CommunicationLog, State

DAYS = 7
MAX_ROWS = 3000  # the newest of the week: a percentile needs no more
HELD_ROWS = 20_000  # held messages that are counted by reason
LEGS = (("posted_at", "Left us"), ("accepted_at", "Accepted"), ("delivered_at", "Delivered, rang"))

# Every reason for which messages are held, in a word or two.
HELD_BECAUSE = {
    "suspected_bot": "filled in by a program",
    "too_many_from_address": "too many from one address",
    "too_many_from_network": "too many from one network",
    "too_many_of_prefix": "too many numbers alike",
    "sequential_numbers": "sequential numbers",
    "too_many_with_email": "too many with one e-mail address",
    "messaged_enough": "three messages in a day",
    "taken_back": "taken back from the bin",
    "budget_spent": "budget",
    "switched_off": "channel switched off",
    "too_few_arrive": "too few arrive",
    "number_invalid": "no telephone number",
    "number_abroad": "number abroad",
    "number_not_mobile": "number not a mobile",
    "no_consent": "no consent",
    "channel_not_configured": "no provider",
    "template_missing": "no approved template",
    "wording_broken": "wording broken",
}


# Those of them by which `leads` says that a program asked.
LIKE_A_PROGRAM = (
    "suspected_bot",
    "too_many_from_address",
    "too_many_from_network",
    "too_many_of_prefix",
    "sequential_numbers",
    "too_many_with_email",
)


A_FLOOD = 10  # numbers held as a program's in a day, of which the owner is told


@dataclass(frozen=True)
class Leg:
    """How long one stage took since the message could leave, in seconds; None where none did."""

    label: str
    count: int
    p50: float | None
    p95: float | None
    p99: float | None


@dataclass(frozen=True)
class ChannelSpeed:
    channel: str
    label: str
    legs: list


def percentile(values, percent):
    """Return the nearest-rank percentile of sorted `values`, or None when there are none."""
    if not values:
        return None
    return values[max(0, math.ceil(percent / 100 * len(values)) - 1)]


def first_id_since(moment):
    """Return the smallest id that a row written at `moment` can have: ids are in time order.

    A minute earlier in truth, because a row's id is drawn just before its `created_at`.
    """
    return UUID(int=int((moment.timestamp() - 60) * 1000) << 80)


def since(moment):
    """Return the messages written since `moment`, found through the primary key."""
    return CommunicationLog.objects.filter(pk__gte=first_id_since(moment), created_at__gte=moment)


def a_week_ago():
    return timezone.now() - timedelta(days=DAYS)


def response_times():
    """Return a ChannelSpeed per channel for the last 7 days. One query, at most MAX_ROWS rows.

    Counted from when the attempt could first have left: when the message was asked for, when calls
    became lawful, when a person released it. A moment before that belongs to an earlier attempt,
    and is counted from the question, or from the first lawful hour after it.
    """
    rows = (
        since(a_week_ago())
        .filter(direction=CommunicationLog.Direction.OUT)
        .order_by("-pk")
        .values_list("channel", "created_at", "trying_since", *(n for n, _ in LEGS))[:MAX_ROWS]
    )
    profile = Profile.current()
    seconds = {(channel, name): [] for channel in Channel.values for name, _ in LEGS}
    for channel, asked_at, trying_since, *moments in rows:
        first = profile.next_calling_time(asked_at) if channel == Channel.VOICE else asked_at
        for (name, _), moment in zip(LEGS, moments, strict=True):
            if moment:
                start = max(first, trying_since) if trying_since <= moment else first
                seconds[channel, name].append(max(0.0, (moment - start).total_seconds()))
    return [
        ChannelSpeed(
            channel,
            label,
            [_leg(leg_label, sorted(seconds[channel, name])) for name, leg_label in LEGS],
        )
        for channel, label in Channel.choices
    ]


def _leg(label, values):
    return Leg(label, len(values), *(percentile(values, percent) for percent in (50, 95, 99)))


@dataclass(frozen=True)
class Need:
    """Messages that wait for a person: how many, and the query string of the list that has them."""

    label: str
    hint: str
    count: int
    query: str


def needing_a_hand(*, may_release=True):
    """Return held, unknown and freshly failed messages; each count equals its list's."""
    who = "waiting for your look" if may_release else "the owner looks at them"
    logs = CommunicationLog.objects
    return [
        Need(
            "Held", who, capped_count(logs.filter(state=State.HELD)),
            f"state__exact={State.HELD}",
        ),
        Need(
            "Failed", f"in the last {DAYS} days",
            capped_count(since(a_week_ago()).filter(state=State.FAILED)),
            f"state__exact={State.FAILED}&when={DAYS}d",
        ),
        Need(
            "Being checked", "the provider is asked",
            capped_count(logs.filter(state=State.UNKNOWN)),
            f"state__exact={State.UNKNOWN}",
        ),
    ]  # fmt: skip


def like_a_program():
    """Return how many numbers and messages of the last 24 hours are held as a program's."""
    held = since(timezone.now() - timedelta(hours=24)).filter(
        state=State.HELD, reason__in=LIKE_A_PROGRAM
    )
    counts = held.aggregate(numbers=Count("contact", distinct=True), messages=Count("pk"))
    return counts["numbers"], counts["messages"]


def held_by_reason():
    """Return a Need for each reason for which messages are held, most first.

    One query over at most HELD_ROWS held messages; a count beyond the lists' cap reads "1,000+".
    """
    held = CommunicationLog.objects.filter(state=State.HELD).order_by()[:HELD_ROWS]
    counts = held.aggregate(
        **{reason: Count("pk", filter=Q(reason=reason)) for reason in HELD_BECAUSE}
    )
    return [
        Need(
            HELD_BECAUSE[reason], "", AtLeast(CAP) if count > CAP else count, f"held={reason}"
        )
        for reason, count in sorted(counts.items(), key=lambda item: -item[1])
        if count
    ]  # fmt: skip
