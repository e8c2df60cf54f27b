"""What is asked about a message right before it leaves, whatever wrote its row and when.

The queue foresees what it can (`services._foresee`), so that the owner and the visitor are told at
once; the answer that counts is the one at sending time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from coaching.accounts.models import Consent
from coaching.accounts.phone import why_not_reachable
from coaching.messaging import pauses, signals
from coaching.messaging.catalogue import CATALOGUE, FROM_STRANGERS
from coaching.messaging.channels import email, voice, whatsapp
from coaching.messaging.models import Channel, CommunicationLog, State

A_DAY = timedelta(hours=24)
MESSAGES_A_DAY = 3  # to one number, WhatsApp and e-mail together, caused by public forms

CHANNELS = {Channel.WHATSAPP: whatsapp, Channel.EMAIL: email, Channel.VOICE: voice}


@dataclass(frozen=True)
class Stop:
    """Why a message may not leave now, and where its row goes: held, cancelled, or later."""

    state: str
    reason: str
    due_at: datetime | None = None


def why_not_now(log, profile):
    """Return the `Stop` for this row, or None when it may be sent this very moment (UTC).

    `log` comes from `CommunicationLog.objects.for_sending()`.
    """
    message = CATALOGUE[log.purpose]
    if message.stoppable and log.contact.opted_out_at:
        return Stop(State.CANCELLED, "opted_out")
    for _receiver, reason in signals.about_to_leave.send(CommunicationLog, log=log):
        if reason:
            return Stop(State.CANCELLED, reason)
    if not CHANNELS[log.channel].is_configured():
        return Stop(State.HELD, "channel_not_configured")
    switched_off = pauses.held_by(log.channel, from_strangers=message.from_strangers)
    if switched_off:
        return Stop(State.HELD, switched_off)
    if log.channel != Channel.EMAIL:
        reason = why_not_reachable(log.recipient, profile.region_codes)
        if reason:
            return Stop(State.HELD, reason)
    if message.stoppable and not (log.is_agreed or _may_answer(log.contact, log.channel)):
        return Stop(State.HELD, "no_consent")
    if log.channel == Channel.VOICE:
        now = timezone.now()
        if not profile.may_call_at(now):
            return Stop(State.PENDING, "outside_calling_hours", profile.next_calling_time(now))
    return None


def enough_for_today(log):
    """Return the Stop of a message that public forms caused to a number that has had its share.

    One call and three messages in 24 hours, whatever the number of enquiries, names, rows and
    releases. Asked while the number's slot for requests is held (`log_one_request_in_flight`), so
    that two calls cannot both find none. What was never held has been counted by `messages_left`.
    """
    is_call = log.channel == Channel.VOICE
    if log.purpose not in FROM_STRANGERS or not (is_call or log.released_at):
        return None
    channels = [Channel.VOICE] if is_call else [Channel.WHATSAPP, Channel.EMAIL]
    others = CommunicationLog.objects.filter(
        contact_id=log.contact_id, channel__in=channels, purpose__in=FROM_STRANGERS,
        posted_at__gt=timezone.now() - A_DAY,
    ).exclude(pk=log.pk)  # fmt: skip
    moments = list(
        others.order_by("-posted_at").values_list("posted_at", flat=True)[:MESSAGES_A_DAY]
    )
    if is_call and moments:
        return Stop(State.PENDING, "called_today", moments[0] + A_DAY)
    if len(moments) >= MESSAGES_A_DAY:
        return Stop(State.HELD, "messaged_enough")
    return None


def messages_left(contact):
    """Return how many messages public forms may still cause to a number in these 24 hours.

    Asked while the contact is locked (`capture_lead`), so that enquiries cannot count past it.
    """
    if contact.is_new:
        return MESSAGES_A_DAY
    messaged = CommunicationLog.objects.filter(
        contact=contact, created_at__gt=timezone.now() - A_DAY, purpose__in=FROM_STRANGERS,
        channel__in=(Channel.WHATSAPP, Channel.EMAIL),
    )  # fmt: skip
    return MESSAGES_A_DAY - messaged.count()


def has_consent(contact, channel=None):
    """Whether somebody agreed on this number; who wrote to us today may be answered there."""
    given = contact.consents.filter(action=Consent.Action.GIVEN)
    return _may_answer(contact, channel) or given.exists()


def _may_answer(contact, channel):
    return channel == Channel.WHATSAPP and whatsapp.may_write_freely(contact)
