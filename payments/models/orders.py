"""What an enrolment costs, line by line, and by when which part of it is due."""

import secrets

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academics.models import Course, Enrollment
from coaching.accounts.models import Contact
from coaching.common.counted import Counted


def new_token():
    """Return the secret of a payment link or a receipt's address: 128 random bits."""
    return secrets.token_urlsafe(16)


class Coupon(Counted, models.Model):
    """A code for a discount, of a percentage or an amount. `uses` counts orders that hold it."""

    COUNTED = ("uses",)

    code = models.CharField(max_length=30, unique=True, help_text="People may type it in any case.")
    percent = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(90)]
    )
    amount_paise = models.PositiveIntegerField("amount", null=True, blank=True)
    course = models.ForeignKey(
        Course, on_delete=models.PROTECT, null=True, blank=True, help_text="Empty: every course"
    )
    max_uses = models.PositiveIntegerField(
        null=True, blank=True, help_text="Empty: as often as people like, once each"
    )
    uses = models.PositiveIntegerField(default=0, editable=False)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True, help_text="The last day it counts (IST)")
    is_active = models.BooleanField("in use", default=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="coupon_is_a_percentage_or_an_amount",
                condition=Q(percent__gt=0, percent__lte=90, amount_paise=None)
                | Q(percent=None, amount_paise__gt=0),
                violation_error_message="Give either a percentage (1 to 90) or an amount.",
            ),
            models.CheckConstraint(
                name="coupon_is_not_overused",
                condition=Q(max_uses=None) | Q(uses__lte=F("max_uses")),
                violation_error_message="It has been used more often than that already.",
            ),
        ]

    def __str__(self):
        return self.code

    def save(self, **kwargs):
        self.code = self.code.strip().upper()
        super().save(**kwargs)

    def clean(self):
        if bool(self.percent) == bool(self.amount_paise):
            raise ValidationError("Give either a percentage or an amount.")

    def counts_on(self, day, course):
        """Whether it is in use on `day` (IST) for `course`, leaving aside how often it was used."""
        return (
            self.is_active
            and self.course_id in (None, course.pk)
            and not (self.starts_on and day < self.starts_on)
            and not (self.ends_on and day > self.ends_on)
        )

    def off_paise(self, price_paise):
        """Return what it takes off a price; at least ₹1 remains to be paid."""
        off = self.amount_paise or price_paise * self.percent // 100
        return min(off, price_paise - 100)


class Order(models.Model):
    """What one enrolment costs and what came of it; all amounts in paise, GST included.

    `paid_paise` is what payments brought to this order, `refunded_paise` what of that is on its
    way back: both change under the person's lock only (`Contact.locked`), with the payments and
    refunds that they add up. Money beyond the total never counts here; it goes back.
    `settled_paise` is what is paid of the total: a gift of the centre leaves it as it is, but what
    goes back because the fee became less is not paid any more.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CANCELLED = "cancelled", "Cancelled"

    class Plan(models.TextChoices):
        FULL = "full", _("Whole fee at once")
        INSTALMENTS = "instalments", _("In instalments")

    TRANSITIONS = {State.OPEN: {State.CANCELLED}, State.CANCELLED: {State.OPEN}}

    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="orders")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders"
    )
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="orders")
    name = models.CharField(max_length=120, help_text="On the receipts")
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=5, default="en-in")
    state_code = models.CharField(
        "state", max_length=2, blank=True, help_text="Place of supply: a GST state code"
    )
    token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    plan = models.CharField(max_length=12, choices=Plan, default=Plan.FULL)
    total_paise = models.PositiveIntegerField()
    paid_paise = models.PositiveIntegerField(default=0)
    settled_paise = models.PositiveIntegerField(
        default=0, help_text="What of the total is paid, and not given back with a lower fee"
    )
    refunded_paise = models.PositiveIntegerField(default=0)
    coupon = models.ForeignKey(
        Coupon, on_delete=models.PROTECT, null=True, blank=True, related_name="orders"
    )
    holds_coupon = models.BooleanField(default=False, help_text="Counted in the coupon's uses")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True,
        related_name="orders_made", help_text="Staff who made it; empty: the visitor",
    )  # fmt: skip
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="one_open_order", fields=["enrollment"], condition=Q(state="open")
            ),
            models.UniqueConstraint(
                name="coupon_once_each",
                fields=["coupon", "user"],
                condition=Q(holds_coupon=True),
            ),
            models.CheckConstraint(
                name="order_state_is_known", condition=Q(state__in=["open", "cancelled"])
            ),
            models.CheckConstraint(name="order_costs_something", condition=Q(total_paise__gte=100)),
            models.CheckConstraint(
                name="order_is_not_overpaid",
                condition=Q(settled_paise__lte=F("total_paise"))
                & Q(settled_paise__lte=F("paid_paise")),
            ),
            models.CheckConstraint(
                name="order_gives_back_what_was_paid",
                condition=Q(refunded_paise__lte=F("paid_paise")),
            ),
        ]

    def __str__(self):
        return f"{self.name} · {self.enrollment.batch}"

    @property
    def subject(self):
        """How messages about it name it in the timeline."""
        return f"order:{self.pk}"

    @property
    def owed_paise(self):
        return self.total_paise - self.settled_paise

    @property
    def kept_paise(self):
        """What was paid and is not on its way back."""
        return self.paid_paise - self.refunded_paise


class OrderLine(models.Model):
    """One line of an order. The total is the sum of those that are not `is_included`."""

    class Kind(models.TextChoices):
        FEE = "fee", _("Fee")
        DISCOUNT = "discount", _("Discount")
        COUPON = "coupon", _("Coupon")
        CHANGE = "change", _("Change of batch")
        TAX = "tax", _("GST included")

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    kind = models.CharField(max_length=10, choices=Kind)
    text = models.CharField(max_length=200)
    amount_paise = models.IntegerField()
    is_included = models.BooleanField(default=False, help_text="Part of the amounts above: tax")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="line_has_its_sign",
                condition=Q(kind="fee", amount_paise__gt=0)
                | Q(kind__in=["discount", "coupon"], amount_paise__lt=0)
                | Q(kind="change")
                | Q(kind="tax", amount_paise__gte=0),
            ),
            models.CheckConstraint(
                name="tax_is_included",
                condition=Q(kind="tax", is_included=True) | ~Q(kind="tax") & Q(is_included=False),
            ),
        ]

    def __str__(self):
        return self.text


class Instalment(models.Model):
    """One part of an order and the day it is due (IST).

    `upto_paise` is what must have been paid with it: parts are paid in their order, so an
    instalment is paid when the order's `settled_paise` has reached it.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="instalments")
    number = models.PositiveSmallIntegerField()
    amount_paise = models.PositiveIntegerField()
    upto_paise = models.PositiveIntegerField()
    due_on = models.DateField()

    class Meta:
        ordering = ["order", "number"]
        indexes = [models.Index(fields=["due_on"], name="instalment_due")]
        constraints = [
            models.UniqueConstraint(name="instalment_once", fields=["order", "number"]),
            models.CheckConstraint(
                name="instalment_adds_up",
                condition=Q(amount_paise__gt=0, upto_paise__gte=F("amount_paise")),
            ),
        ]

    def __str__(self):
        return f"{self.order} · {self.number}"
