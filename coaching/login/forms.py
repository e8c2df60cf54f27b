"""The three fields people log in with."""

from allauth.account.adapter import get_adapter
from allauth.account.forms import ConfirmLoginCodeForm, LoginForm, RequestLoginCodeForm
from allauth.core import context, ratelimit
from django import forms
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from coaching.accounts.models import User
from coaching.accounts.phone import NotANumber, read_phone
from coaching.login.adapter import students_on


class StaffLoginForm(LoginForm):
    """E-mail and password. allauth counts the tries, by address and by account."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.EmailField(
            label=_("E-mail"),
            widget=forms.EmailInput(attrs={"autocomplete": "username"}),
            error_messages={"invalid": _("This e-mail address is not complete.")},
        )
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs.pop("placeholder", None)
        self.fields["remember"].label = _("Keep me logged in on this device")


class RequestCodeForm(RequestLoginCodeForm):
    """One field for both ways. Who is not a student gets the same screen, and no code."""

    login = forms.CharField(
        label=_("WhatsApp number or e-mail"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
        error_messages={"required": _("Please write your WhatsApp number or your e-mail.")},
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields = {"login": self.fields["login"]}

    def clean_login(self):
        text = self.cleaned_data["login"].strip()
        self.cleaned_data["email"] = self.cleaned_data["phone"] = None
        if "@" in text:
            key = self.cleaned_data["email"] = self._email(text)
            students = User.objects.filter(email=key, is_active=True, is_staff=False)
        else:
            key = self.cleaned_data["phone"] = self._phone(text)
            students = students_on(key)
        if not ratelimit.consume(context.request, action="request_login_code", key=key):
            raise get_adapter().validation_error("too_many_login_attempts")
        self._user = students.first()
        return text

    def _email(self, text):
        try:
            validate_email(text)
        except forms.ValidationError as error:
            raise forms.ValidationError(_("This e-mail address is not complete.")) from error
        return text.lower()

    def _phone(self, text):
        try:
            return read_phone(text).e164
        except NotANumber as error:
            raise forms.ValidationError(
                _(
                    "This does not look like a phone number. Please write all 10 digits, "
                    "like 98765 43210."
                )
            ) from error


class ConfirmCodeForm(ConfirmLoginCodeForm):
    code = forms.CharField(
        label=_("Code of 6 digits"),
        max_length=12,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "pattern": "[0-9 ]*",
                "autofocus": True,
            }
        ),
        error_messages={"required": _("Please write the code from the message.")},
    )
