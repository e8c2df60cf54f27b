"""What staff do with one enquiry: each a POST to a noun, checked again on the server."""

import structlog
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from coaching.accounts.models import Consent
from coaching.accounts.phone import for_people
from coaching.accounts.services import give_consent
from coaching.common.admin import safe_next
from coaching.common.spreadsheet import as_csv
from coaching.messaging.services import release_held, stop
from leads.models import Lead

log_event = structlog.get_logger(__name__)

BY_HAND = (Lead.Status.CONTACTED, Lead.Status.INTERESTED, Lead.Status.LOST)


class LeadViews:
    """Mixed into the enquiry's admin: its own addresses beside Django's."""

    def get_custom_urls(self):
        acts = ("status", "bin", "take-back", "counsellor", "consent", "opt-out")
        return tuple(
            (f"<int:pk>/{act}/", f"leads_lead_{act.replace('-', '_')}", self._acting(act))
            for act in acts
        ) + (("export/", "leads_lead_export", self.export),)

    def _acting(self, act):
        do = getattr(self, f"do_{act.replace('-', '_')}")

        def view(request, pk, model_admin=None):
            if not self.has_change_permission(request):
                raise PermissionDenied
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            lead = get_object_or_404(Lead.objects.select_related("contact"), pk=pk)
            do(request, lead)
            page = reverse("admin:leads_lead_change", args=[lead.pk])
            return HttpResponseRedirect(safe_next(request, page))

        return view

    def do_status(self, request, lead):
        status = request.POST.get("status")
        if status not in BY_HAND:
            raise Http404
        try:
            moved = lead.mark(status)
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return
        if moved:
            self.log_change(request, lead, f"Marked {status}.")
            messages.success(request, f"{lead.name} is marked {lead.get_status_display().lower()}.")
        else:
            messages.info(request, f"{lead.name} is {lead.get_status_display().lower()} already.")

    def do_counsellor(self, request, lead):
        lead.assign_to(request.user)
        self.log_change(request, lead, f"Assigned to {request.user}.")
        messages.success(request, f"{lead.name} is yours now.")

    def do_consent(self, request, lead):
        """The person agreed on the phone: record it, and let go what only waited for that."""
        if request.POST.get("agreed") != "on":
            messages.error(request, "Tick that the person agreed; then what waits can be sent.")
            return
        give_consent(lead.contact, source=Consent.Source.STAFF, language=lead.language)
        asked_at = lead.contact.welcome_window_started_at or lead.created_at
        sent = release_held(lead.contact, ["no_consent"], since=asked_at)
        self.log_change(request, lead, "Recorded the person's consent.")
        messages.success(request, f"Consent recorded; {sent} waiting messages are on their way.")

    def do_opt_out(self, request, lead):
        """The person told us to stop: nothing but codes and receipts goes out from now."""
        if stop(lead.contact, source=Consent.Source.STAFF):
            self.log_change(request, lead, "Stopped messages at the person's wish.")
            messages.success(request, "Stopped. They can write START on WhatsApp to begin again.")
        else:
            messages.info(request, "Messages to this number were stopped already.")

    def has_export_permission(self, request):
        return request.user.has_perm("leads.export_lead")

    def export(self, request, model_admin=None):
        """Stream the list as it is filtered, as CSV that opens in a spreadsheet without running."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(reverse("admin:leads_lead_changelist"))
        log_event.info("leads_exported", user=request.user.pk, filters=sorted(request.GET))
        header = ["Name", "Phone", "E-mail", "Course", "Source", "Status", "Counsellor",
                  "Asked (IST)"]  # fmt: skip
        return as_csv("enquiries", header, map(_cells, rows.iterator(chunk_size=500)))


def _cells(lead):
    asked = timezone.localtime(lead.created_at)
    return [
        lead.name, for_people(lead.phone), lead.email, lead.course or "", lead.source,
        lead.get_status_display(), lead.assigned_to or "", f"{asked:%Y-%m-%d %H:%M}",
    ]  # fmt: skip
