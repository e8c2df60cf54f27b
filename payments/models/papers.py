"""Receipts: numbered without a gap per financial year, never edited, never deleted."""

from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Q
from django.utils import timezone

from payments.models.money import Payment, Refund
from payments.models.orders import new_token


class Series(models.Model):
    """The last number given in a series and financial year; its row is the lock of numbering."""

    name = models.CharField(max_length=8)
    year = models.CharField(max_length=5, help_text="Financial year, such as 26-27")
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "series"
        constraints = [models.UniqueConstraint(name="series_once", fields=["name", "year"])]

    def __str__(self):
        return f"{self.name}/{self.year}"


class Receipt(models.Model):
    """The paper of one payment or one refund, as it was on its day (`paper`).

    A trigger in the database refuses every change and deletion.
    """

    class Kind(models.TextChoices):
        RECEIPT = "receipt", "Receipt"
        TAX_INVOICE = "tax_invoice", "Tax invoice"
        CREDIT_NOTE = "credit_note", "Credit note"
        REFUND_NOTE = "refund_note", "Refund note"

    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, null=True)
    refund = models.OneToOneField(Refund, on_delete=models.PROTECT, null=True)
    kind = models.CharField(max_length=12, choices=Kind)
    series = models.ForeignKey(Series, on_delete=models.PROTECT)
    serial = models.PositiveIntegerField()
    number = models.CharField(max_length=16, unique=True)
    paper = models.JSONField()
    token = models.CharField(max_length=32, unique=True, default=new_token)
    issued_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(name="receipt_number_once", fields=["series", "serial"]),
            models.CheckConstraint(
                name="receipt_is_of_one_thing",
                condition=Q(payment__isnull=False, refund=None)
                | Q(payment=None, refund__isnull=False),
            ),
        ]

    def __str__(self):
        return self.number

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise PermissionDenied("A paper that was issued is not changed.")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise PermissionDenied("A paper that was issued is not deleted.")
