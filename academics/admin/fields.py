"""Form fields in the owner's words: rupees, one topic a line, '5000 at joining', weekdays."""

import re

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from academics.models import WEEKDAYS
from coaching.common.money import MAX_PAISE, inr, read_rupees


def read_price(text):
    """Return what was typed as paise, at least ₹1; raises ValidationError with what to do."""
    try:
        paise = read_rupees(text)
    except ValueError as error:
        raise forms.ValidationError(f"“{text}” is no amount. Write it like 12000.") from error
    if not 100 <= paise <= MAX_PAISE:
        raise forms.ValidationError(f"Write an amount of at least ₹1 and at most {inr(MAX_PAISE)}.")
    return paise


class RupeesField(forms.CharField):
    widget = UnfoldAdminTextInputWidget

    def __init__(self, **kwargs):
        kwargs.setdefault("widget", UnfoldAdminTextInputWidget(
            attrs={"inputmode": "decimal", "placeholder": "12000"}))  # fmt: skip
        super().__init__(**kwargs)

    def prepare_value(self, value):
        """Show stored paise as rupees; what was typed stays as it was typed."""
        return inr(value).removeprefix("₹") if isinstance(value, int) else value

    def clean(self, value):
        text = super().clean(value)
        return read_price(text) if text else None

    def has_changed(self, initial, data):
        try:
            return initial != self.clean(data)
        except forms.ValidationError:
            return True


class LinesField(forms.CharField):
    """A list of texts, one a line."""

    def __init__(self, **kwargs):
        kwargs.setdefault("widget", UnfoldAdminTextareaWidget(attrs={"rows": 8}))
        super().__init__(**{"required": False, **kwargs})

    def prepare_value(self, value):
        return "\n".join(self.line_of(item) for item in value) if isinstance(value, list) else value

    def clean(self, value):
        lines = [" ".join(line.split()) for line in super().clean(value).splitlines()]
        return [self.item_of(line) for line in lines if line]

    def has_changed(self, initial, data):
        try:
            return (initial or []) != self.clean(data)
        except forms.ValidationError:
            return True

    def line_of(self, item):
        return item

    def item_of(self, line):
        return line


class InstalmentsField(LinesField):
    """'5000 at joining' a line -> {"paise": 500000, "when": "at joining"}."""

    def line_of(self, item):
        return f"{inr(item['paise']).removeprefix('₹')} {item['when']}"

    def item_of(self, line):
        found = re.match(r"((?:₹|rs\.?|inr)?\s*[\d.,]+(?:/-)?)[\s:–-]+(.+)$", line, re.IGNORECASE)
        if not found:
            raise forms.ValidationError(
                f"“{line}” is not understood. Write amount and time, like “5000 at joining”."
            )
        return {"paise": read_price(found[1]), "when": found[2].strip()}


class WeekdaysField(forms.TypedMultipleChoiceField):
    def __init__(self, **kwargs):
        super().__init__(
            choices=WEEKDAYS,
            coerce=int,
            widget=UnfoldAdminCheckboxSelectMultipleWidget,
            error_messages={"required": "Tick at least one day of the week."},
            **kwargs,
        )

    def has_changed(self, initial, data):
        return sorted(initial or []) != sorted(int(day) for day in data or [] if day.isdecimal())
