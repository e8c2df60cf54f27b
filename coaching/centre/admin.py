"""The centre's profile, policies and holidays in the command centre."""

from django import forms
from django.contrib import admin
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.text import Truncator
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from coaching.accounts.phone import NotANumber, read_phone
from coaching.centre.models import Holiday, Policy, Profile
from coaching.common.admin import OfficeAdmin, take_spoken_times


class ProfileForm(forms.ModelForm):
    class Meta:
        model = Profile
        fields = [
            "name", "tagline", "tagline_hi", "city", "address", "postal_code", "phone", "whatsapp",
            "email", "gstin", "calling_opens", "calling_closes", "welcome_window_hours", "regions",
        ]  # fmt: skip
        labels = {"email": "E-mail", "whatsapp": "WhatsApp", "welcome_window_hours":
                  "One welcome in (hours)"}  # fmt: skip
        error_messages = {
            "gstin": {"invalid": "A GSTIN has 15 characters, such as 27AAPFU0939F1ZV."},
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("phone", "whatsapp"):
            if name in self.fields:
                self.fields[name] = forms.CharField(
                    label=self.fields[name].label, required=False, max_length=40,
                    help_text=self.fields[name].help_text, widget=UnfoldAdminTextInputWidget,
                )  # fmt: skip
        take_spoken_times(self, "calling_opens", "calling_closes")

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


@admin.register(Profile)
class ProfileAdmin(OfficeAdmin):
    """One row: the list leads straight to it."""

    form = ProfileForm
    fieldsets = [
        (None, {"fields": ["name", "tagline", "tagline_hi", "city", "address", "postal_code"]}),
        ("How people reach you", {"fields": ["phone", "whatsapp", "email"]}),
        ("Tax", {"fields": ["gstin"]}),
        ("Messages and calls", {
            "fields": ["calling_opens", "calling_closes", "welcome_window_hours", "regions"]}),
    ]  # fmt: skip

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def changelist_view(self, request, extra_context=None):
        if not self.has_view_permission(request):
            return super().changelist_view(request, extra_context)  # says 403
        return HttpResponseRedirect(
            reverse("admin:centre_profile_change", args=[Profile.current().pk])
        )


@admin.register(Policy)
class PolicyAdmin(OfficeAdmin):
    list_display = ["name", "english", "is_in_use"]
    list_filter = ["is_archived"]
    search_fields = ["key__istartswith"]
    ordering = ["key"]
    fields = ["key", "value", "say_en", "say_hinglish", "say_hi", "is_archived"]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name.startswith("say_") or db_field.name == "value":
            kwargs["widget"] = UnfoldAdminTextareaWidget(attrs={"rows": 3})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @display(description="Policy", ordering="key")
    def name(self, policy):
        return str(policy).capitalize()

    @display(description="What is said in English")
    def english(self, policy):
        return Truncator(policy.say_en).chars(120)

    @display(description="In use", boolean=True)
    def is_in_use(self, policy):
        return not policy.is_archived


@admin.register(Holiday)
class HolidayAdmin(OfficeAdmin):
    list_display = ["date", "name"]
    ordering = ["date"]
