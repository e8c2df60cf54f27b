"""The enquiry form: checks what people typed, and keeps every word of it when something is off."""

import re
import time
import uuid

from django import forms
from django.core import signing
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from academics.models import Course
from coaching.accounts.phone import NotANumber, read_phone

STAMP_SALT = "leads.enquiry"
# Nobody reads and fills four fields in less. Programs that post at once do.
FASTEST_PERSON_SECONDS = 0.6


# We greet people by what they wrote: a link in it would travel to somebody else's phone.
LOOKS_LIKE_A_LINK = re.compile(r"://|www\.|\w\.(?:com|in|net|org|info|io|co|xyz|link|me)\b", re.I)


def clean_name(text):
    """Return a name of one line, with a letter and without a link, or raise ValidationError."""
    name = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not any(c.isalpha() for c in name) or LOOKS_LIKE_A_LINK.search(name):
        raise forms.ValidationError(_("Please write your name."), code="required")
    return name


def clean_phone(text):
    """Return the `Phone` of what was typed, or raise ValidationError with what to do."""
    try:
        return read_phone(text)
    except NotANumber as error:
        raise forms.ValidationError(
            _(
                "This does not look like a phone number. "
                "Please write all 10 digits, like 98765 43210."
            ),
            code="invalid",
        ) from error


class CourseChoice(forms.ModelChoiceField):
    def label_from_instance(self, course):
        return course.title_in(get_language())


class EnquiryForm(forms.Form):
    name = forms.CharField(
        label=_("Your name"), max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Please write your name.")},
    )  # fmt: skip
    phone = forms.CharField(
        label=_("WhatsApp number"), max_length=40,
        widget=forms.TextInput(
            attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel-national"}
        ),
        help_text=_("10 digits. From another country: + and the country code first."),
        error_messages={"required": _("Please write your WhatsApp number.")},
    )  # fmt: skip
    email = forms.EmailField(
        label=_("E-mail (optional)"), max_length=254, required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        help_text=_("We send the whole syllabus here."),
        error_messages={
            "invalid": _("This e-mail address is not complete. Leave it empty if you have none.")
        },
    )  # fmt: skip
    course = CourseChoice(
        label=_("Course"), queryset=Course.objects.none(), to_field_name="slug", required=False,
        empty_label=_("Not sure yet"),
    )  # fmt: skip
    message = forms.CharField(
        label=_("Question (optional)"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    consent = forms.BooleanField(
        error_messages={"required": _("Please tick this box, so that we may contact you.")}
    )
    website = forms.CharField(
        required=False, widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"})
    )
    uuid = forms.UUIDField(required=False, widget=forms.HiddenInput)
    stamp = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, courses=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["course"].queryset = Course.objects.offered() if courses is None else courses

    @classmethod
    def fresh(cls, *, course=None):
        """Return an empty form with an id of its own and the time it was shown."""
        stamp = signing.dumps(round(time.time(), 3), salt=STAMP_SALT)
        return cls(initial={"uuid": uuid.uuid4(), "stamp": stamp, "course": course})

    def focus_first_error(self):
        """Let the browser start where something is off, without JavaScript."""
        first = next((name for name in self.fields if name in self.errors), None)
        if first:
            self.fields[first].widget.attrs["autofocus"] = True

    def clean_name(self):
        return clean_name(self.cleaned_data["name"])

    def clean_phone(self):
        return clean_phone(self.cleaned_data["phone"])

    def suspicion(self):
        """Return 'suspected_bot' for a filled honeypot, a forged or missing stamp, or haste."""
        if self.data.get("website"):
            return "suspected_bot"
        try:
            shown_at = signing.loads(self.data.get("stamp", ""), salt=STAMP_SALT)
        except signing.BadSignature:
            return "suspected_bot"
        return "suspected_bot" if time.time() - shown_at < FASTEST_PERSON_SECONDS else ""

    def idempotency_key(self):
        """Return the key of this form as it is filled in: the page's id with what was typed.

        A second tap is a repeat. A corrected address, or a second child's name, is not.
        """
        given = self.cleaned_data
        if not given.get("uuid"):
            return None
        typed = [given["phone"].e164, given["name"], given["email"], given["message"]]
        typed.append(given["course"].slug if given["course"] else "")
        return f"form:{uuid.uuid5(given['uuid'], '|'.join(typed))}"
