"""The centre's rules about fees, as the owner writes them: money in paise."""

from django.core.validators import MaxValueValidator
from django.db import models


class Fees(models.Model):
    """The part of the centre's profile that payments go by."""

    gst_percent = models.PositiveSmallIntegerField(
        "GST rate in percent", default=18, validators=[MaxValueValidator(40)],
        help_text="Prices include it. Counts only where a GSTIN is given.",
    )  # fmt: skip
    early_discount_paise = models.PositiveIntegerField(
        "discount for the whole fee at once", default=0,
        help_text="For whoever pays the whole fee before the batch starts. 0 = none.",
    )  # fmt: skip
    fee_grace_days = models.PositiveSmallIntegerField(
        "days of grace for a fee", default=5,
        help_text="So many days after a fee was due its course is locked until it is paid.",
    )  # fmt: skip
    seat_grace_minutes = models.PositiveSmallIntegerField(
        "minutes a seat waits after its payment page closed", default=10,
        help_text="A payment that comes in the last second still finds its seat.",
    )  # fmt: skip
    payment_link_hours = models.PositiveSmallIntegerField(
        "hours a payment link lives", default=24,
        help_text="So long a seat that you promise, or that the waiting list offers, is held.",
    )  # fmt: skip
    approval_above_paise = models.PositiveIntegerField(
        "cash that one person may record alone", default=1_000_000,
        help_text="More than this needs a second person's approval. 0 = always.",
    )  # fmt: skip
    refund_days_before = models.PositiveSmallIntegerField(
        "days before the start for a refund", default=3,
        help_text="Leaving so early gives everything back but the amount below.",
    )  # fmt: skip
    refund_keeps_paise = models.PositiveIntegerField(
        "kept of a refund before the start", default=50_000
    )
    refund_first_week_percent = models.PositiveSmallIntegerField(
        "percent given back in the first week", default=50, validators=[MaxValueValidator(100)],
        help_text="From the days above until a week after the start. Later nothing is given back.",
    )  # fmt: skip

    class Meta:
        abstract = True
