"""How far sending may go: the limits that the owner sets, money in paise. 0 means no limit.

Their first values come from the environment (`settings.FIRST_LIMITS`); `leads.flood` holds
enquiries by them, `messaging.spending` and `messaging.pauses` stop what would go beyond.
"""

from django.db import models

HELD = "More are held for your look. 0 = no limit."
NO_LIMIT = "0 = no limit."
OF_THE_DAY = "0 = only the day counts."
NO_PRICE = "0 only where there is no budget."


class Limits(models.Model):
    """The part of the centre's profile that bounds what bots can cause."""

    leads_per_ip_hour = models.PositiveIntegerField(
        "enquiries an hour from one internet address", default=30,
        help_text="More are kept and held for your look; ten times as many are turned away. "
        "0 = no limit.",
    )  # fmt: skip
    leads_per_network_hour = models.PositiveIntegerField(
        "enquiries an hour from addresses that begin alike", default=100,
        help_text=f"As the internet addresses of one office or one provider do. {HELD}",
    )  # fmt: skip
    leads_per_prefix_hour = models.PositiveIntegerField(
        "new phone numbers an hour that begin alike", default=50,
        help_text=f"Numbers that differ only in the last four digits. {HELD}",
    )  # fmt: skip
    sequential_numbers = models.PositiveIntegerField(
        "new phone numbers an hour that are neighbours", default=5,
        help_text=f"Numbers that lie within fifty of one another. {HELD}",
    )  # fmt: skip
    budget_whatsapp_paise_day = models.PositiveIntegerField(
        "WhatsApp budget a day", default=50_000, help_text=NO_LIMIT
    )
    budget_whatsapp_paise_hour = models.PositiveIntegerField(
        "WhatsApp budget an hour", default=12_500, help_text=OF_THE_DAY
    )
    budget_voice_paise_day = models.PositiveIntegerField(
        "call budget a day", default=100_000, help_text=NO_LIMIT
    )
    budget_voice_paise_hour = models.PositiveIntegerField(
        "call budget an hour", default=25_000, help_text=OF_THE_DAY
    )
    price_whatsapp_paise = models.PositiveIntegerField(
        "price of one WhatsApp", default=100,
        help_text=f"What one costs at most: Twilio's fee and Meta's together. {NO_PRICE}",
    )  # fmt: skip
    price_voice_paise_minute = models.PositiveIntegerField(
        "price of a minute of a call", default=450,
        help_text=f"A minute that has begun counts as a whole one. {NO_PRICE}",
    )  # fmt: skip
    breaker_outcomes = models.PositiveIntegerField(
        "results before a channel stops", default=50,
        help_text="If, of at least so many in the last hour, under 50% of the messages arrived or "
        "under 5% of the calls were answered, what the website causes on that channel is held for "
        "an hour. 0 = never.",
    )  # fmt: skip

    class Meta:
        abstract = True

    def budget_paise(self, channel, period):
        """Return the cap of a channel for 'hour' or 'day' in paise, or None where there is none."""
        return getattr(self, f"budget_{channel}_paise_{period}", 0) or None
