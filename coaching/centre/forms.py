"""What the owner types about the centre: numbers as people write them, money in rupees."""

from django import forms
from django.core.validators import MaxValueValidator
from unfold.widgets import UnfoldAdminTextInputWidget

from coaching.accounts.phone import NotANumber, read_phone
from coaching.centre.models import Profile
from coaching.common.admin import take_spoken_times
from coaching.common.money import MAX_PAISE, inr, read_rupees, rupees

COUNTS = (
    "leads_per_ip_hour", "leads_per_network_hour", "leads_per_prefix_hour", "sequential_numbers",
    "breaker_outcomes",
)  # fmt: skip
PRICES = {  # channel: the field of its price, and what that is the price of
    "whatsapp": ("price_whatsapp_paise", "One message"),
    "voice": ("price_voice_paise_minute", "A minute of a call"),
}
FEES = (
    "gst_percent", "fee_grace_days", "seat_grace_minutes", "payment_link_hours",
    "refund_days_before", "refund_first_week_percent",
)  # fmt: skip
MONEY = (
    "early_discount_paise",
    "approval_above_paise",
    "refund_keeps_paise",
    *(field for field, _ in PRICES.values()),
    *(f"budget_{channel}_paise_{period}" for channel in PRICES for period in ("day", "hour")),
)


class RupeesField(forms.CharField):
    """An amount in rupees with two decimals; its value is integer paise. 0 is an amount."""

    def __init__(self, **kwargs):
        widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"})
        super().__init__(widget=widget, error_messages={
            "required": "Write an amount in rupees; 0 is one, too."}, **kwargs)  # fmt: skip

    def prepare_value(self, value):
        """Show stored paise as rupees; what was typed stays as it was typed."""
        return rupees(value) if isinstance(value, int) else value

    def clean(self, value):
        text = super().clean(value)
        try:
            paise = read_rupees(text)
        except ValueError as error:
            raise forms.ValidationError(
                f"“{text}” is no amount. Write rupees, like 500 or 12.50."
            ) from error
        if paise > MAX_PAISE:
            raise forms.ValidationError(f"That is more than {inr(MAX_PAISE)}.")
        return paise

    def has_changed(self, initial, data):
        try:
            return initial != self.clean(data)
        except forms.ValidationError:
            return True


class ProfileForm(forms.ModelForm):
    class Meta:
        model = Profile
        fields = [
            "name", "tagline", "tagline_hi", "city", "address", "postal_code", "phone", "whatsapp",
            "email", "gstin", "calling_opens", "calling_closes", "welcome_window_hours", "regions",
            *COUNTS, *FEES, *MONEY,
        ]  # fmt: skip
        labels = {"email": "E-mail", "whatsapp": "WhatsApp"}
        error_messages = {
            "gstin": {"invalid": "A GSTIN has 15 characters, such as 27AAPFU0939F1ZV."},
            **{
                name: dict.fromkeys(
                    ("invalid", "required", "min_value", "max_value"),
                    "Write a whole number of at most nine digits; 0 means "
                    f"{'never' if name == 'breaker_outcomes' else 'no limit'}.",
                )
                for name in COUNTS
            },
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self.fields.keys() & set(COUNTS):  # the same bound on every database
            field = self.fields[name]
            others = [v for v in field.validators if not isinstance(v, MaxValueValidator)]
            field.validators = [*others, MaxValueValidator(999_999_999)]
        for name in ("phone", "whatsapp"):
            self._replace(name, forms.CharField, required=False, max_length=40,
                          widget=UnfoldAdminTextInputWidget)  # fmt: skip
        for name in MONEY:
            self._replace(name, RupeesField, unit=" (₹)")
        take_spoken_times(self, "calling_opens", "calling_closes")

    def _replace(self, name, field_class, *, unit="", **options):
        if name in self.fields:
            old = self.fields[name]
            words = {"label": f"{old.label}{unit}", "help_text": old.help_text}
            self.fields[name] = field_class(**words | options)

    def _number(self, name):
        text = self.cleaned_data[name]
        if text == self.initial.get(name):
            return text  # what is there already never stops the owner from saving the rest
        try:
            return read_phone(text).e164 if text else ""
        except NotANumber as error:
            raise forms.ValidationError(
                "This is no telephone number. Write it with the area code, like 0712 2345678."
            ) from error

    def clean_phone(self):
        return self._number("phone")

    def clean_whatsapp(self):
        return self._number("whatsapp")

    def clean_gstin(self):
        return self.cleaned_data["gstin"].replace(" ", "").upper()

    def clean(self):
        given = super().clean()
        for channel, (price_field, of_what) in PRICES.items():
            day, hour = (f"budget_{channel}_paise_{period}" for period in ("day", "hour"))
            if {day, hour, price_field} <= given.keys():
                self._check_budget(day, hour, price_field, of_what)
        return given

    def _check_budget(self, day_field, hour_field, price_field, of_what):
        """An hour within its day, and no budget that lets nothing leave, or counts nothing."""
        day, hour, price = (self.cleaned_data[f] for f in (day_field, hour_field, price_field))
        if day and hour > day:
            self.add_error(hour_field, f"An hour cannot have more than the day's {inr(day)}. Write "
                           "less, or 0: then only the day counts.")  # fmt: skip
        if (day or hour) and not price:
            self.add_error(price_field, "With a price of ₹0 the budget would stop nothing. Write "
                           "what one costs at most.")  # fmt: skip
        for field, budget in ((day_field, day), (hour_field, hour)):
            if budget and price > budget:
                self.add_error(field, f"{of_what} costs {inr(price)}, so this budget lets none "
                               "leave. Raise it, or write 0 for no limit.")  # fmt: skip
