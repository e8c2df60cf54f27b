"""What is asked about a message right before it leaves, whatever wrote its row and when.

The queue asks the same questions, so that the owner and the visitor are told at once; the answer
that counts is the one at sending time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from coaching.accounts.models import Consent
from coaching.accounts.phone import why_not_reachable
from coaching.messaging.catalogue import CATALOGUE
from coaching.messaging.channels import email, voice, whatsapp
from coaching.messaging.models import Channel, CommunicationLog, State

CHANNELS = {Channel.WHATSAPP: whatsapp, Channel.EMAIL: email, Channel.VOICE: voice}
IN_DOUBT = timedelta(seconds=15)


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
    if message.stoppable and not has_consent(log.contact):
        return Stop(State.HELD, "no_consent")
    if log.channel == Channel.VOICE:
        now = timezone.now()
        if not profile.may_call_at(now):
            return Stop(State.PENDING, "outside_calling_hours", profile.next_calling_time(now))
    if log.channel != Channel.EMAIL and _earlier_in_doubt(log):
        return Stop(State.PENDING, "earlier_in_doubt", timezone.now() + IN_DOUBT)
    return None


def has_consent(contact):
    """Whether somebody agreed on this number. Who wrote to us in the last day may be answered."""
    return (
        whatsapp.may_write_freely(contact)
        or contact.consents.filter(action=Consent.Action.GIVEN).exists()
    )


def _earlier_in_doubt(log):
    """Another message to this number whose outcome is unknown: two could not be told apart."""
    return (
        CommunicationLog.objects.filter(
            contact_id=log.contact_id, channel=log.channel, state=State.UNKNOWN
        )
        .exclude(pk=log.pk)
        .exists()
    )
