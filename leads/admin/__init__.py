"""Enquiries in the command centre."""

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.views import ChangeList

from coaching.accounts.models import Consent
from coaching.accounts.phone import for_people
from coaching.common.admin import OfficeAdmin
from coaching.common.templatetags.spans import ago
from coaching.messaging.models import CommunicationLog, State
from coaching.messaging.reports import HELD_BECAUSE
from leads import reports
from leads.admin.bin import BinViews
from leads.admin.enrolment import EnrolViews
from leads.admin.filters import (
    CounsellorFilter,
    CourseFilter,
    CreatedFilter,
    HeldForALookFilter,
    SourceFilter,
)
from leads.admin.forms import LeadForm, NewEnquiryForm
from leads.admin.views import LeadViews
from leads.models import Lead
from leads.timeline import timeline

BADGES = {"New": "info", "Contacted": "warning", "Interested": "primary", "Enrolled": "success",
          "Lost": "danger", "Not a person": "muted"}  # fmt: skip


class LeadList(ChangeList):
    """What is in the bin shows where it is asked for: by its status, or by a search.

    One more query for the page's messages, whatever the number of rows.
    """

    def get_queryset(self, request, exclude_parameters=None):
        rows = super().get_queryset(request, exclude_parameters)
        is_asked_for = self.query or any(name.startswith("status") for name in request.GET)
        return rows if is_asked_for else rows.unbinned()

    def get_results(self, request):
        super().get_results(request)
        self.result_list = reports.with_channels(list(self.result_list))


@admin.register(Lead)
class LeadAdmin(EnrolViews, BinViews, LeadViews, OfficeAdmin):
    list_display = ["person", "course", "number", "status_badge", "channels", "age", "counsellor"]
    list_filter = [
        ("status", ChoicesDropdownFilter), CourseFilter, SourceFilter, CreatedFilter,
        CounsellorFilter, HeldForALookFilter,
    ]  # fmt: skip
    search_fields = ["name"]  # switches the box on; Lead.objects.search says what it finds
    search_help_text = "Name, e-mail, or last 4 digits"
    ordering = ["-pk"]
    actions = [
        "mark_contacted",
        "mark_interested",
        "mark_lost",
        "assign_to_me",
        "release_their_messages",
        "bin_selected",
        "take_back_selected",
    ]
    change_form_outer_before_template = "admin/leads/lead/facts.html"
    list_before_template = "admin/leads/lead/list_before.html"
    fieldsets = [
        ("Correct the details", {
            "fields": ["name", "email", "course", "assigned_to", "language", "message"],
            "classes": ["collapse"],
        }),
    ]  # fmt: skip
    add_fieldsets = [
        (None, {"fields": ["name", "number", "email", "course", "source", "language", "message",
                           "consented"]}),
    ]  # fmt: skip

    def get_queryset(self, request):
        return super().get_queryset(request).for_list()

    def messages_of(self, rows):
        """A bulk release here is of the messages on these people's numbers."""
        return CommunicationLog.objects.filter(contact__in=rows.order_by().values("contact"))

    def get_changelist(self, request, **kwargs):
        return LeadList

    def get_search_results(self, request, queryset, search_term):
        return queryset.search(search_term), False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_form(self, request, obj=None, change=False, **kwargs):
        kwargs["form"] = LeadForm if change else NewEnquiryForm
        return super().get_form(request, obj, change=change, **kwargs)

    def save_form(self, request, form, change):
        """A new enquiry goes the way of every enquiry: consent, welcome, one open lead a person."""
        if change:
            return super().save_form(request, form, change)
        capture = form.capture()
        if not capture.is_new:
            messages.info(request, "This person had asked before: the open enquiry was updated.")
        if not form.cleaned_data["consented"]:
            messages.warning(
                request, "Nothing is sent until they agree. Open the enquiry to record it."
            )
        return capture.lead

    def save_model(self, request, obj, form, change):
        if change:
            super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        if change:
            super().save_related(request, form, formsets, change)

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj:
            context |= self.facts(request, obj)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def facts(self, request, lead):
        consents = Consent.objects.filter(contact=lead.contact, action=Consent.Action.GIVEN)
        may = request.user.has_perm
        return {
            "lead": lead,
            "badge": BADGES[lead.get_status_display()],
            "events": timeline(lead.contact, limit=500 if "all" in request.GET else 50),
            "speeds": reports.speed_of(lead),
            "has_consent": consents.exists(),
            "held": lead.communication_logs.filter(state=State.HELD).defer("body", "context"),
            "may_change": self.has_change_permission(request, lead),
            "may_retry": may("messaging.retry_communicationlog"),
            "may_release": may("messaging.release_communicationlog"),
            "may_bin": self.has_bin_permission(request),
            "may_enrol": self.has_enrol_permission(request),
        }

    def changelist_view(self, request, extra_context=None):
        context = {
            "may_export": self.has_export_permission(request),
            "may_bin": self.has_bin_permission(request),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @display(description="Person")
    def person(self, lead):
        return format_html(
            '<strong>{}</strong><br><span class="desk-quiet">{}</span>', lead.name, lead.email
        )

    @display(description="Phone")
    def number(self, lead):
        return format_html('<span class="desk-one-line">{}</span>', for_people(lead.phone))

    @display(description="Status", label=BADGES)
    def status_badge(self, lead):
        return lead.get_status_display()

    @display(description="Messages")
    def channels(self, lead):
        held = {log.reason for log in lead.channels if log.state == State.HELD}
        why = ", ".join(sorted(HELD_BECAUSE.get(reason, reason) for reason in held))
        context = {"logs": lead.channels, "held_because": why}
        return render_to_string("admin/leads/lead/channels.html", context)

    @display(description="Asked")
    def age(self, lead):
        return format_html('<span class="desk-one-line">{}</span>', ago(lead.created_at))

    @display(description="Counsellor")
    def counsellor(self, lead):
        return lead.assigned_to or "–"

    def _mark(self, request, queryset, status):
        moved = 0
        for lead in queryset[:1000]:
            try:
                moved += lead.mark(status)
            except ValidationError as error:
                messages.error(request, error.messages[0])
        messages.success(request, f"{moved} marked {status.label.lower()}.")

    @admin.action(description="Mark contacted", permissions=["change"])
    def mark_contacted(self, request, queryset):
        self._mark(request, queryset, Lead.Status.CONTACTED)

    @admin.action(description="Mark interested", permissions=["change"])
    def mark_interested(self, request, queryset):
        self._mark(request, queryset, Lead.Status.INTERESTED)

    @admin.action(description="Mark lost", permissions=["change"])
    def mark_lost(self, request, queryset):
        self._mark(request, queryset, Lead.Status.LOST)

    @admin.action(description="Release their messages…", permissions=["release"])
    def release_their_messages(self, request, queryset):
        return self._to_the_look(request, queryset, "release")

    @admin.action(description="Assign to me", permissions=["change"])
    def assign_to_me(self, request, queryset):
        leads = list(queryset[:1000])
        for lead in leads:
            lead.assign_to(request.user)
        messages.success(request, f"{len(leads)} are yours now.")
