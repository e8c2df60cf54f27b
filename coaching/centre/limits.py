"""How far sending may go: the limits that the owner sets. 0 means no limit.

Their first values come from the environment (`settings.FIRST_LIMITS`); `leads.flood` holds
enquiries by them, `messaging.spending` and `messaging.pauses` stop what would go beyond.
"""

from django.db import models

PAISE = "In paise: 100 paise are ₹1. 0 = no limit."


class Limits(models.Model):
    """The part of the centre's profile that bounds what bots can cause."""

    leads_per_ip_hour = models.PositiveIntegerField(
        "enquiries from one address an hour", default=30,
        help_text="More are kept and held; ten times as many are refused. 0 = no limit.",
    )  # fmt: skip
    leads_per_network_hour = models.PositiveIntegerField(
        "enquiries from one network an hour", default=100,
        help_text="Addresses that share their beginning (IPv4 /24, IPv6 /48). 0 = no limit.",
    )  # fmt: skip
    leads_per_prefix_hour = models.PositiveIntegerField(
        "new numbers of one beginning an hour", default=50,
        help_text="Numbers that differ only in the last four digits. 0 = no limit.",
    )  # fmt: skip
    sequential_numbers = models.PositiveIntegerField(
        "neighbouring new numbers an hour", default=5,
        help_text="Numbers that lie within fifty of one another. 0 = no limit.",
    )  # fmt: skip
    budget_whatsapp_paise_day = models.PositiveIntegerField(
        "WhatsApp a day", default=50_000, help_text=PAISE
    )
    budget_whatsapp_paise_hour = models.PositiveIntegerField(
        "WhatsApp an hour", default=12_500, help_text=PAISE
    )
    budget_voice_paise_day = models.PositiveIntegerField(
        "calls a day", default=100_000, help_text=PAISE
    )
    budget_voice_paise_hour = models.PositiveIntegerField(
        "calls an hour", default=25_000, help_text=PAISE
    )
    price_whatsapp_paise = models.PositiveIntegerField(
        "one WhatsApp message", default=100,
        help_text="What one costs at most, in paise: Twilio's fee and Meta's together.",
    )  # fmt: skip
    price_voice_paise_minute = models.PositiveIntegerField(
        "a minute of a call", default=450, help_text="In paise; begun minutes count as whole ones."
    )
    breaker_outcomes = models.PositiveIntegerField(
        "outcomes before too few arrivals stop a channel", default=50,
        help_text="Of one hour. Under 50% of messages delivered, or 5% of calls answered, hold "
        "what website visitors cause on that channel for an hour. 0 = never.",
    )  # fmt: skip

    class Meta:
        abstract = True

    def budget_paise(self, channel, period):
        """Return the cap of a channel for 'hour' or 'day' in paise, or None where there is none."""
        return getattr(self, f"budget_{channel}_paise_{period}", 0) or None
