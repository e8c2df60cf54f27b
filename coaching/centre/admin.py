"""The centre's profile, policies and holidays in the command centre."""

from django.contrib import admin
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.text import Truncator
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from coaching.centre.forms import ProfileForm
from coaching.centre.models import Holiday, Policy, Profile
from coaching.common.admin import OfficeAdmin


@admin.register(Profile)
class ProfileAdmin(OfficeAdmin):
    """One row: the list leads straight to it."""

    form = ProfileForm
    fieldsets = [
        (None, {"fields": ["name", "tagline", "tagline_hi", "city", "address", "postal_code"]}),
        ("How people reach you", {"fields": ["phone", "whatsapp", "email"]}),
        ("Tax", {"fields": ["gstin", "gst_percent"]}),
        ("Fees and refunds", {
            "description": '<span id="fees" class="desk-anchor"></span>'
            "These rules count from the moment you save them; what was priced before stays.",
            "fields": [
                "early_discount_paise",
                "fee_grace_days",
                ("payment_link_hours", "seat_grace_minutes"),
                "approval_above_paise",
                ("refund_days_before", "refund_keeps_paise"),
                "refund_first_week_percent",
            ]}),
        ("Messages and calls", {
            "fields": ["calling_opens", "calling_closes", "welcome_window_hours", "regions"]}),
        ("Limits and budgets", {
            # The anchor lets the command centre's first page open the profile here.
            "description": '<span id="limits" class="desk-anchor"></span>'
            "Enquiries beyond a limit are kept, and their messages held for your look. Messages "
            "beyond a budget are held, too: release them when the next hour or day begins. Every "
            "message of a channel counts, log-in codes and receipts included.",
            "fields": [
                ("budget_whatsapp_paise_day", "budget_whatsapp_paise_hour"),
                "price_whatsapp_paise",
                ("budget_voice_paise_day", "budget_voice_paise_hour"),
                "price_voice_paise_minute",
                ("leads_per_ip_hour", "leads_per_network_hour"),
                ("leads_per_prefix_hour", "sequential_numbers"),
                "breaker_outcomes",
            ]}),
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
    empty_text = "Add each day on which the centre has no classes; all of them are listed here."
    list_display = ["date", "name"]
    ordering = ["date"]
