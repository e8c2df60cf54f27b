"""The provider's id of an approved WhatsApp template."""

from django import forms
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from coaching.messaging.catalogue import CATALOGUE, WordingBroken, numbered_wording
from coaching.messaging.models import Channel, WhatsAppTemplate

LANGUAGES = [("en-in", "English"), ("hi", "Hindi")]


def needed():
    """Return (message name, language, wording to submit) of every template the product uses."""
    rows = []
    for message in CATALOGUE.values():
        if not message.template or Channel.WHATSAPP not in message.channels:
            continue
        for language, _ in LANGUAGES:
            try:
                rows.append((message.name, language, numbered_wording(message.name, language)))
            except WordingBroken:
                continue
    return rows


class TemplateForm(forms.ModelForm):
    message = forms.ChoiceField(widget=UnfoldAdminSelectWidget)
    language = forms.ChoiceField(choices=LANGUAGES, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = WhatsAppTemplate
        fields = ["message", "language", "content_sid", "wording"]
        widgets = {
            "content_sid": UnfoldAdminTextInputWidget(attrs={"placeholder": "HX…"}),
            "wording": UnfoldAdminTextareaWidget,
        }
        help_texts = {"wording": "Leave empty for the wording that is listed on the overview."}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        names = dict.fromkeys(name for name, _, _ in needed())
        self.fields["message"].choices = [(n, n.replace("_", " ").capitalize()) for n in names]
        self.fields["wording"].required = False

    def clean_content_sid(self):
        sid = self.cleaned_data["content_sid"].strip()
        digits = sid[2:]
        if (
            sid[:2] != "HX"
            or len(digits) != 32
            or not all(c in "0123456789abcdefABCDEF" for c in digits)
        ):
            raise forms.ValidationError(
                "A ContentSid is HX and 32 more characters (0-9, a-f). Copy it from Twilio's "
                "Content Template Builder."
            )
        return sid

    def clean(self):
        given = super().clean()
        if not given.get("wording"):
            wordings = {(name, language): text for name, language, text in needed()}
            given["wording"] = wordings.get((given.get("message"), given.get("language")), "")
        return given
