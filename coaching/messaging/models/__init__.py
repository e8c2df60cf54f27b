"""The outbox and what watches over it: spending, pauses, alerts, the daily comparison."""

from coaching.messaging.models.outbox import (
    Channel,
    CommunicationLog,
    CommunicationLogQuerySet,
    DeliveryReceipt,
    State,
)
from coaching.messaging.models.templates import WhatsAppTemplate
from coaching.messaging.models.watch import Alert, Pause, ProviderDiff, Spend

__all__ = [
    "Alert",
    "Channel",
    "CommunicationLog",
    "CommunicationLogQuerySet",
    "DeliveryReceipt",
    "Pause",
    "ProviderDiff",
    "Spend",
    "State",
    "WhatsAppTemplate",
]
