"""What staff type at the till: amounts in rupees, a note, another batch, a coupon."""

from django import forms
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget

from academics.admin.fields import RupeesField
from academics.models import Batch
from payments.admin.dialogs import NeededNoteForm
from payments.models import Coupon, Payment


class CashForm(NeededNoteForm):
    method = forms.ChoiceField(
        label="How it came", widget=UnfoldAdminRadioSelectWidget,
        choices=[(m.value, m.label) for m in (Payment.Method.CASH, Payment.Method.BANK)],
    )  # fmt: skip
    amount = RupeesField(label="Amount in rupees")
    field_order = ["method", "amount", "note"]


class ReturnForm(NeededNoteForm):
    amount = RupeesField(label="Amount in rupees to give back")
    field_order = ["amount", "note"]


def batches_to_join():
    """Batches that have not begun, the next one first; who chooses a full one may wait for it."""
    coming = Batch.objects.open().filter(course__is_archived=False).select_related("course")
    return coming.order_by("starts_on", "pk")


def batch_label(batch):
    seats = "full" if batch.is_full else f"{batch.seats_left} left"
    return f"{batch.course} · {batch.starts_on:%-d %b %Y}, {batch.days_text} · {seats}"


class BatchField(forms.ModelChoiceField):
    widget = UnfoldAdminSelectWidget
    default_error_messages = {
        "required": "Choose the batch.",
        "invalid_choice": "This batch cannot be joined any more. Choose another.",
    }

    def label_from_instance(self, batch):
        return batch_label(batch)


class MoveForm(forms.Form):
    batch = BatchField(
        label="To which batch", queryset=Batch.objects.none(), empty_label="Choose a batch"
    )

    def __init__(self, *args, leaving, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["batch"].queryset = batches_to_join().exclude(pk=leaving)


class CouponForm(forms.ModelForm):
    amount_paise = RupeesField(
        label="Amount in rupees", required=False,
        help_text="Either this or a percentage.",
    )  # fmt: skip

    class Meta:
        model = Coupon
        fields = [
            "code", "percent", "amount_paise", "course", "max_uses", "starts_on", "ends_on",
            "is_active",
        ]  # fmt: skip
        labels = {"max_uses": "How often it may be used", "percent": "Percentage off"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["course"].empty_label = "Every course"

    def clean_code(self):
        """Codes are compared in capitals; say that one is taken before the database does."""
        code = self.cleaned_data["code"].strip().upper()
        if Coupon.objects.filter(code=code).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("This code is there already.")
        return code
