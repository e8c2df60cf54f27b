"""The outbox and what watches over it: spending, pauses, alerts, the daily comparison."""

from coaching.messaging.models.outbox import (
    Channel,
    CommunicationLog,
    CommunicationLogQuerySet,
    DeliveryReceipt,
    State,
)
from coaching.messaging.models.templates import WhatsAppTemplate
from coaching.messaging.models.watch import PAID_CHANNELS, Alert, Pause, ProviderDiff, Spend

__all__ = [
    "PAID_CHANNELS",
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
