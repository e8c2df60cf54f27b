"""What staff type about an enquiry."""

from django import forms
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from academics.models import Course
from coaching.accounts.models import User
from leads.forms import clean_name, clean_phone
from leads.models import Lead, name_key
from leads.services import Arrival, capture_lead

SOURCES = [("phone", "Phone call"), ("walk-in", "Walk-in"), ("referral", "Referral"),
           ("event", "Event"), ("other", "Other")]  # fmt: skip
LANGUAGES = [("en-in", "English"), ("hi", "Hindi")]


class NewEnquiryForm(forms.ModelForm):
    """An enquiry that somebody made by phone or at the desk."""

    number = forms.CharField(
        label="WhatsApp number",
        max_length=40,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "tel", "autocomplete": "off"}),
        help_text="Typed any way: 98765 43210, 09876543210 or +91 98765 43210.",
        error_messages={"required": "Please write the person's number."},
    )
    source = forms.ChoiceField(
        label="How they came", choices=SOURCES, widget=UnfoldAdminSelectWidget
    )
    language = forms.ChoiceField(choices=LANGUAGES, widget=UnfoldAdminSelectWidget)
    consented = forms.BooleanField(
        label="The person agreed, on the phone or at the desk, to WhatsApp, e-mail and calls",
        required=False,
        widget=UnfoldBooleanWidget,
        help_text="Without this tick the enquiry is kept, but nothing is sent until they agree.",
    )

    class Meta:
        model = Lead
        fields = ["name", "email", "course", "message"]
        widgets = {
            "name": UnfoldAdminTextInputWidget,
            "email": UnfoldAdminEmailInputWidget,
            "course": UnfoldAdminSelectWidget,
            "message": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        }
        labels = {"email": "E-mail", "message": "What they asked"}
        error_messages = {"name": {"required": "Please write the person's name."}}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["course"].queryset = Course.objects.offered()
        self.fields["course"].empty_label = "Not decided yet"

    def clean_name(self):
        return clean_name(self.cleaned_data["name"])

    def clean_number(self):
        return clean_phone(self.cleaned_data["number"])

    def capture(self):
        """Put the enquiry through the same door as the website's; returns the Capture."""
        given = self.cleaned_data
        return capture_lead(
            name=given["name"],
            phone=given["number"],
            email=given["email"],
            course=given["course"],
            message=given["message"],
            arrival=Arrival(via="staff", language=given["language"], source=given["source"]),
            consented=given["consented"],
        )


class LeadForm(forms.ModelForm):
    """What may be corrected later. Number and status have their own ways."""

    class Meta:
        model = Lead
        fields = ["name", "email", "course", "message", "language", "assigned_to"]
        widgets = {"language": UnfoldAdminSelectWidget(choices=LANGUAGES)}
        labels = {"email": "E-mail", "assigned_to": "Counsellor", "message": "What they asked"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "assigned_to" in self.fields:
            staff = User.objects.filter(is_staff=True, is_active=True)
            self.fields["assigned_to"].queryset = staff
        if "course" in self.fields:
            self.fields["course"].empty_label = "Not decided yet"

    def clean_name(self):
        return clean_name(self.cleaned_data["name"])

    def clean(self):
        given = super().clean()
        same = Lead.objects.open().filter(
            contact_id=self.instance.contact_id, name_key=name_key(given.get("name", ""))
        )
        if self.instance.status in Lead.OPEN and same.exclude(pk=self.instance.pk).exists():
            self.add_error("name", "There is another open enquiry of this name and number.")
        return given
