"""What is asked about a message right before it leaves, whatever wrote its row and when.

The queue asks the same questions, so that the owner and the visitor are told at once; the answer
that counts is the one at sending time.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from coaching.accounts.models import Consent
from coaching.accounts.phone import why_not_reachable
from coaching.messaging.catalogue import CATALOGUE
from coaching.messaging.channels import email, voice, whatsapp
from coaching.messaging.models import Channel, State

CHANNELS = {Channel.WHATSAPP: whatsapp, Channel.EMAIL: email, Channel.VOICE: voice}


@dataclass(frozen=True)
class Stop:
    """Why a message may not leave now, and where its row goes: held, cancelled, or later."""

    state: str
    reason: str
    due_at: datetime | None = None


def why_not_now(log, profile):
    """Return the `Stop` for this row, or None when it may be sent this very moment (UTC)."""
    message = CATALOGUE[log.purpose]
    if message.stoppable and log.contact.opted_out_at:
        return Stop(State.CANCELLED, "opted_out")
    if not CHANNELS[log.channel].is_configured():
        return Stop(State.HELD, "channel_not_configured")
    if log.channel != Channel.EMAIL:
        reason = why_not_reachable(log.recipient, profile.region_codes)
        if reason:
            return Stop(State.HELD, reason)
    if message.stoppable and not has_consent(log.contact, log.channel):
        return Stop(State.HELD, "no_consent")
    if log.channel == Channel.VOICE:
        now = timezone.now()
        if not profile.may_call_at(now):
            return Stop(State.PENDING, "outside_calling_hours", profile.next_calling_time(now))
    return None


def has_consent(contact, channel=None):
    """Whether somebody agreed on this number; who wrote to us today may be answered there."""
    may_answer = channel == Channel.WHATSAPP and whatsapp.may_write_freely(contact)
    return may_answer or contact.consents.filter(action=Consent.Action.GIVEN).exists()
