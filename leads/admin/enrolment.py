"""From an enquiry to a seat: choose, see the price and the very words, then hold it and send them.

What is shown is what would be done: it is done, read, and rolled back. So the page refuses what
the act would refuse, and says it with the same words.
"""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget

from academics import seats
from coaching.centre.models import Profile
from coaching.common.money import inr
from coaching.messaging.admin.views import words
from coaching.messaging.models import CommunicationLog
from leads.enrol import convert_lead, student_of
from leads.models import Lead
from payments import notices
from payments.admin import rights
from payments.admin.forms import BatchField, batches_to_join
from payments.models import Order
from payments.orders import due_now, link_until
from payments.pricing import CouponRefused

FULL = "{batch} is full: every seat is taken, held, or promised to who waits for one."
ALREADY = "{name} is in {batch} already."


class EnrolForm(forms.Form):
    batch = BatchField(queryset=batches_to_join().none(), empty_label="Choose a batch")
    plan = forms.ChoiceField(
        label="How it is paid", choices=Order.Plan.choices, widget=UnfoldAdminRadioSelectWidget
    )
    code = forms.CharField(
        label="Coupon", max_length=30, required=False, widget=UnfoldAdminTextInputWidget
    )

    def __init__(self, data, lead):
        super().__init__(data, initial={"plan": Order.Plan.FULL})
        self.fields["batch"].queryset = batches_to_join()
        if lead.course_id:  # what they asked for comes first
            asked = batches_to_join().filter(course=lead.course_id).first()
            self.fields["batch"].initial = asked


@dataclass(frozen=True)
class Preview:
    """What an enrolment would be: price, parts, and the words of each message."""

    lines: list
    parts: list
    total_paise: int
    due_paise: int
    until: object
    words: list  # (channel, text)


class _NotReally(Exception):
    """Rolls the trial back."""


def preview(lead, by, choice):
    """Return the Preview of a choice. Raises what `convert_lead` raises; keeps nothing."""
    try:
        with transaction.atomic():
            order = convert_lead(lead, by=by, **choice)
            seen = _seen(order)
            raise _NotReally
    except _NotReally:
        return seen


def _seen(order):
    logs = CommunicationLog.objects.filter(subject=order.subject, purpose="payment_link")
    link = notices.pay_link(order)
    return Preview(
        lines=list(order.lines.all()),
        parts=list(order.instalments.all()),
        total_paise=order.total_paise,
        due_paise=due_now(order, timezone.localdate()),
        until=link_until(Profile.current()),
        words=[
            (log.get_channel_display(), words(log).replace(link, "(the link to pay)"))
            for log in logs.order_by("channel")
        ],
    )


class EnrolViews:
    """Mixed into the enquiry's admin. Counsellors may, too."""

    def get_custom_urls(self):
        return (
            *super().get_custom_urls(),
            ("<int:pk>/enrolment/", "leads_lead_enrolment", self.enrolment),
            ("<int:pk>/waiting-place/", "leads_lead_waiting_place", self.waiting_place),
        )

    def has_enrol_permission(self, request, obj=None):
        return self.has_change_permission(request) and request.user.has_perm(rights.ENROL)

    def enrolment(self, request, pk, model_admin=None):
        """GET chooses and shows; POST holds the seat and sends the link."""
        lead = self._to_enrol(request, pk)
        given = request.POST if request.method == "POST" else request.GET
        form = EnrolForm(given if "batch" in given else None, lead)
        refusal, shown, is_full = "", None, False
        if form.is_bound and form.is_valid():
            try:
                if request.method == "POST":
                    return self._enrol(request, lead, form.cleaned_data)
                shown = preview(lead, request.user, form.cleaned_data)
            except seats.BatchFull:
                refusal, is_full = FULL, True
            except seats.AlreadyEnrolled:
                refusal = ALREADY
            except CouponRefused as error:
                form.add_error("code", str(error))
        batch = form.cleaned_data.get("batch") if form.is_bound else None
        return TemplateResponse(
            request,
            "admin/leads/lead/enrolment.html",
            {
                **self.admin_site.each_context(request),
                "title": f"Enrol {lead}",
                "opts": self.opts,
                "lead": lead,
                "form": form,
                "refusal": refusal.format(batch=batch, name=lead.name),
                "is_full": is_full,
                "shown": shown,
                "batch": batch,
                "back": reverse("admin:leads_lead_change", args=[lead.pk]),
            },
        )

    def _to_enrol(self, request, pk):
        if not self.has_enrol_permission(request):
            raise PermissionDenied
        return get_object_or_404(
            Lead.objects.unbinned().select_related("contact", "user", "course"), pk=pk
        )

    def _enrol(self, request, lead, choice):
        order = convert_lead(lead, by=request.user, **choice)
        done = f"A seat in {choice['batch']} is held, and the link to pay is on its way."
        self.log_change(request, lead, done)
        messages.success(request, f"{done} {inr(order.total_paise)} in all.")
        page = reverse("admin:academics_enrollment_change", args=[order.enrollment_id])
        return HttpResponseRedirect(page)

    def waiting_place(self, request, pk, model_admin=None):
        """Put the person on the waiting list of a full batch; the same place however often."""
        lead = self._to_enrol(request, pk)
        form = EnrolForm({"batch": request.POST.get("batch"), "plan": Order.Plan.FULL}, lead)
        if request.method == "POST" and form.is_valid():
            batch = form.cleaned_data["batch"]
            try:
                place = _join(lead, batch)
            except seats.AlreadyEnrolled:
                messages.error(request, ALREADY.format(batch=batch, name=lead.name))
            else:
                done = f"{lead.name} is on the waiting list of {batch}."
                self.log_change(request, lead, done)
                messages.success(request, f"{done} The next free seat is offered by itself.")
                page = reverse("admin:academics_waitingplace_change", args=[place.pk])
                return HttpResponseRedirect(page)
        return HttpResponseRedirect(reverse("admin:leads_lead_enrolment", args=[lead.pk]))


@transaction.atomic
def _join(lead, batch):
    return seats.join_waiting_list(student_of(lead), batch)
