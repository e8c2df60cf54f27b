"""What a mail provider reports through django-anymail's signed webhook: delivered, opened, bounced.

Plain SMTP reports nothing; an e-mail then stays at `sent`.
"""

import uuid

from anymail.signals import tracking
from django.dispatch import receiver

from coaching.messaging import receipts
from coaching.messaging.models import Channel, CommunicationLog

TOLD = {"delivered", "opened", "clicked", "bounced", "rejected", "complained"}


@receiver(tracking)
def store_event(sender, event, esp_name, **_):
    """Store one event and move its row. Raises nothing for mails that are not ours."""
    if event.event_type not in TOLD:
        return
    receipts.store(
        _row_id(event),
        event.message_id or str(event.event_id),
        event.event_type,
        error_code=(event.reject_reason or "")[:20],
    )


def _row_id(event):
    """Return the row's id from the mail's metadata, or by the provider's id of the mail."""
    try:
        return uuid.UUID((event.metadata or {}).get("log", ""))
    except ValueError:
        known = CommunicationLog.objects.filter(
            channel=Channel.EMAIL, provider_id=event.message_id or "-"
        )
        return known.values_list("pk", flat=True).first()
