"""Money that came (Payment) and money that goes back (Refund), in integer paise."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from payments.models.orders import Order


class Payment(models.Model):
    """One attempt to pay for an order, or money that staff took.

    The row is committed before PhonePe hears of it; `merchant_order_id` names it there and is
    never used twice. What came (`received_paise`) is either `applied_paise` to the order or goes
    back: `returned_paise` is what refunds have claimed of it. Times are UTC.
    """

    class Method(models.TextChoices):
        PHONEPE = "phonepe", "PhonePe"
        CASH = "cash", _("Cash")
        BANK = "bank", _("Bank transfer")

    class State(models.TextChoices):
        CREATED = "created", "Being started"
        PENDING = "pending", "Waiting"
        APPROVAL = "approval", "Needs approval"
        PAID = "paid", "Paid"
        FAILED = "failed", "Not paid"
        HELD = "held", "Held"

    # Money wins: it may come after a failure, and after the payment page has closed.
    TRANSITIONS = {
        State.CREATED: {State.PENDING, State.PAID, State.FAILED, State.HELD},
        State.PENDING: {State.PAID, State.FAILED, State.HELD},
        State.APPROVAL: {State.PAID, State.FAILED},
        State.FAILED: {State.PAID, State.HELD},
        State.HELD: set(),
        State.PAID: set(),
    }

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    method = models.CharField(max_length=10, choices=Method, default=Method.PHONEPE)
    state = models.CharField(max_length=10, choices=State, default=State.CREATED)
    reason = models.CharField(max_length=80, blank=True, help_text="Why it is not paid, or is held")
    amount_paise = models.PositiveIntegerField()
    received_paise = models.PositiveIntegerField(default=0)
    applied_paise = models.PositiveIntegerField(default=0)
    returned_paise = models.PositiveIntegerField(default=0)

    merchant_order_id = models.CharField(max_length=63, null=True, unique=True, editable=False)
    provider_order_id = models.CharField(max_length=80, blank=True)
    transaction_id = models.CharField(max_length=80, blank=True)
    mode = models.CharField(max_length=40, blank=True, help_text="UPI, card … as PhonePe says")
    page_url = models.CharField(max_length=2000, blank=True, help_text="PhonePe's payment page")
    page_until = models.DateTimeField(null=True, blank=True, help_text="When that page closes")

    next_check_at = models.DateTimeField(null=True, blank=True, help_text="When PhonePe is asked")
    checks = models.PositiveSmallIntegerField(default=0, help_text="How often it was asked")

    note = models.CharField(max_length=200, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True,
        related_name="payments_recorded",
    )  # fmt: skip
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True,
        related_name="payments_approved",
    )  # fmt: skip
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    paid_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["next_check_at"], name="payment_to_check",
                condition=Q(next_check_at__isnull=False),
            ),
            models.Index(fields=["paid_at"], name="payment_paid", condition=Q(state="paid")),
            models.Index(fields=["state", "-id"], name="payment_state"),
        ]  # fmt: skip
        constraints = [
            models.CheckConstraint(name="payment_is_at_least_a_rupee",
                                   condition=Q(amount_paise__gte=100)),
            models.CheckConstraint(
                name="payment_state_is_known",
                condition=Q(
                    state__in=["created", "pending", "approval", "paid", "failed", "held"]
                ),
            ),
            models.CheckConstraint(
                name="paid_is_received_whole",
                condition=Q(state="paid", received_paise=F("amount_paise"), paid_at__isnull=False)
                | ~Q(state="paid") & Q(applied_paise=0),
            ),
            models.CheckConstraint(
                name="applied_was_received", condition=Q(applied_paise__lte=F("received_paise"))
            ),
            models.CheckConstraint(
                name="returned_was_received", condition=Q(returned_paise__lte=F("received_paise"))
            ),
            models.CheckConstraint(
                name="two_people_approve",
                condition=Q(approved_by=None) | ~Q(approved_by=F("recorded_by")),
                violation_error_message="Somebody else has to approve it.",
            ),
            models.CheckConstraint(
                name="online_payments_have_an_id",
                condition=Q(method="phonepe", merchant_order_id__isnull=False)
                | ~Q(method="phonepe") & Q(merchant_order_id=None),
            ),
            models.UniqueConstraint(
                name="transaction_once", fields=["transaction_id"], condition=~Q(transaction_id="")
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.merchant_order_id or f"{self.get_method_display()} {self.pk}"

    @property
    def surplus_paise(self):
        """What came and was not applied to the order: it goes back."""
        return self.received_paise - self.applied_paise


class Refund(models.Model):
    """Money on its way back to where it came from. `merchant_refund_id` follows from the payment.

    One is in flight per order; further ones wait as `due`. Cash and bank transfers are paid back
    by hand: staff say so, and the row is completed.
    """

    class State(models.TextChoices):
        DUE = "due", "To be sent"
        SENDING = "sending", "Being sent"
        PENDING = "pending", "On its way"
        COMPLETED = "completed", "Given back"
        FAILED = "failed", "Failed"

    class Why(models.TextChoices):
        PAID_TWICE = "paid_twice", _("Paid twice")
        BATCH_FULL = "batch_full", _("The batch was full")
        ENROLMENT_OVER = "enrolment_over", _("The enrolment was over")
        WRONG_AMOUNT = "wrong_amount", _("The amount was wrong")
        LEFT = "left", _("The student left")
        PRICE_CHANGED = "price_changed", _("The fee became less")
        GOODWILL = "goodwill", _("The centre's decision")

    IN_FLIGHT = ("sending", "pending")
    TRANSITIONS = {
        State.DUE: {State.SENDING, State.COMPLETED},
        State.SENDING: {State.DUE, State.PENDING, State.COMPLETED, State.FAILED},
        State.PENDING: {State.COMPLETED, State.FAILED},
        State.COMPLETED: set(),
        State.FAILED: set(),
    }

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    merchant_refund_id = models.CharField(max_length=63, unique=True, editable=False)
    amount_paise = models.PositiveIntegerField()
    of_order_paise = models.PositiveIntegerField(
        default=0, help_text="All of it, if it had been applied to the order; 0 if it never was"
    )
    why = models.CharField(max_length=20, choices=Why)
    note = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.DUE)
    reason = models.CharField(max_length=80, blank=True, help_text="Why it failed")
    provider_refund_id = models.CharField(max_length=80, blank=True)
    attempt = models.PositiveSmallIntegerField(default=1)
    due_at = models.DateTimeField(
        default=timezone.now, null=True, help_text="Not sent before; empty: until the owner says so"
    )
    next_check_at = models.DateTimeField(null=True, blank=True)
    checks = models.PositiveSmallIntegerField(default=0)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True,
        related_name="refunds_made", help_text="Empty: by itself",
    )  # fmt: skip
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["due_at"], name="refund_due", condition=Q(state="due")),
            models.Index(fields=["ended_at"], name="refund_ended", condition=Q(state="completed")),
            models.Index(
                fields=["next_check_at"], name="refund_to_check",
                condition=Q(next_check_at__isnull=False),
            ),
        ]  # fmt: skip
        constraints = [
            models.UniqueConstraint(
                name="one_refund_in_flight",
                fields=["order"],
                condition=Q(state__in=["sending", "pending"]),
            ),
            models.CheckConstraint(name="refund_is_something", condition=Q(amount_paise__gt=0)),
            models.CheckConstraint(
                name="refund_is_of_the_order_or_not",
                condition=Q(of_order_paise=0) | Q(of_order_paise=F("amount_paise")),
            ),
            models.CheckConstraint(
                name="refund_state_is_known",
                condition=Q(state__in=["due", "sending", "pending", "completed", "failed"]),
            ),
        ]

    def __str__(self):
        return self.merchant_refund_id

    @property
    def is_by_hand(self):
        return self.payment.method != Payment.Method.PHONEPE
