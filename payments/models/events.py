"""What PhonePe's webhooks said, kept as it came. It is never believed: it makes us ask."""

from django.db import models
from django.utils import timezone


class GatewayEvent(models.Model):
    """One webhook, stored once however often it comes; `key` is event, id and state."""

    key = models.CharField(max_length=200, unique=True)
    event = models.CharField(max_length=80, blank=True)
    about = models.CharField(
        max_length=63, blank=True, db_index=True, help_text="Merchant order or refund id"
    )
    body = models.TextField(help_text="As it came")
    ip = models.GenericIPAddressField(null=True)
    times = models.PositiveIntegerField(default=1, help_text="How often it came")
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "notice from PhonePe"
        verbose_name_plural = "notices from PhonePe"
        indexes = [models.Index(fields=["received_at"], name="event_received")]

    def __str__(self):
        return f"{self.event} {self.about}"
