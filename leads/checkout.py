"""The visitor's own way in: choose a plan, say who joins, and go to the payment page.

The seat is held before PhonePe is asked, and nothing that was typed is lost: a full batch offers
its waiting list, a refused coupon or a silent PhonePe leaves everything where it was.
"""

from django import forms
from django.db import transaction
from django.http import HttpResponseForbidden
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from academics.models import Batch, WaitingPlace
from academics.seats import AlreadyEnrolled, BatchFull, join_waiting_list
from coaching.accounts.services import is_same
from coaching.accounts.wordings import consent_wording
from coaching.centre.models import Policy, Profile
from coaching.common.http import client_ip, is_foreign_origin
from leads import ceiling, enrol
from leads.flood import REASONS, TooManyEnquiries
from leads.forms import EnquiryForm, clean_name
from leads.guardian import give_guardian_consent, guardian_wording
from leads.services import capture_lead
from leads.views import arrived
from payments import coupons, phonepe
from payments.models import Order
from payments.pricing import CouponRefused, quote
from payments.statement import has_seat
from payments.tax import STATES, state_name
from payments.views import go_and_pay, leads_to_phonepe

ADULT, MINOR = "adult", "minor"


class CheckoutForm(EnquiryForm):
    """An enquiry that is also an enrolment; who is under 18 brings a guardian's consent."""

    age = forms.ChoiceField(
        label=_("How old is the student?"),
        choices=[(ADULT, _("18 or older")), (MINOR, _("15 to 17"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose how old the student is.")},
    )
    guardian = forms.CharField(
        label=_("Parent's or guardian's name"), max_length=120, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    guardian_consent = forms.BooleanField(required=False)
    state = forms.ChoiceField(
        label=_("State where the student lives"), required=False,
        help_text=_("For the tax invoice of a class online."),
    )  # fmt: skip
    plan = forms.ChoiceField(choices=Order.Plan.choices, required=False)
    code = forms.CharField(
        label=_("Coupon code (optional)"), max_length=30, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )  # fmt: skip

    field_order = ["name", "phone", "email", "age", "guardian", "guardian_consent", "state", "code"]

    def about(self, batch, profile):
        """Make it the form of one batch."""
        self.batch, self.profile = batch, profile
        self.fields["name"].label = _("Student's name")
        self.fields["email"].help_text = _("The receipt comes here too.")
        if profile.gstin and batch.mode == Batch.Mode.ONLINE:
            named = [(code, state_name(code, get_language())) for code in STATES]
            self.fields["state"].choices = sorted(named, key=lambda state: state[1])
            self.initial.setdefault("state", profile.state_code)
        else:
            del self.fields["state"]
        return self

    def clean_guardian(self):
        name = self.cleaned_data["guardian"]
        return clean_name(name) if name else ""

    def clean_plan(self):
        wanted = self.cleaned_data["plan"]
        return wanted if wanted in self._plans() else Order.Plan.FULL

    def _plans(self):
        return Order.Plan.values if self.batch.course.instalments else [Order.Plan.FULL]

    def clean(self):
        given = super().clean()
        if given.get("age") == MINOR:
            guardian = given.get("guardian")
            if not guardian:
                self.add_error("guardian", _("Please write your parent's or guardian's name."))
            elif is_same(guardian, given.get("name", "")):
                self.add_error("guardian", _("Here we need the parent's name, not the student's."))
            if not given.get("guardian_consent"):
                self.add_error("guardian_consent", _("A parent or guardian has to tick this box."))
        if self.plans_and_problem[1]:
            self.add_error("code", self.plans_and_problem[1])
        return given

    @cached_property
    def plans_and_problem(self):
        """Return the Quotes that can be chosen, and why the code that was typed is refused."""
        code = str(self["code"].value() or "").replace("\x00", "")
        try:
            return self._quotes(coupons.find(code)), ""
        except CouponRefused as refused:
            return self._quotes(None), str(refused)

    def _quotes(self, coupon):
        day, language = timezone.localdate(), get_language()
        return [
            quote(self.batch, plan, day, self.profile, coupon, language) for plan in self._plans()
        ]


@csrf_exempt  # as with an enquiry: nobody is logged in, and a stale token must not cost a seat
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@leads_to_phonepe
def checkout(request, code):
    batch = get_object_or_404(Batch.objects.offered().select_related("course"), code=code)
    if batch.starts_on < timezone.localdate() or not phonepe.is_configured():
        return redirect(batch.course)
    if request.method != "POST":
        return _page(request, CheckoutForm.fresh().about(batch, Profile.current()))
    if is_foreign_origin(request):
        return HttpResponseForbidden("This form belongs to another website.")
    if request.POST.get("do") == "apply":
        return _page(request, _with_what_was_typed(request, batch))
    form = CheckoutForm(request.POST).about(batch, Profile.current())
    if not form.is_valid():
        form.focus_first_error()
        return _page(request, form, status=422)
    return _enrol(request, form)


def _with_what_was_typed(request, batch, *, anew=False):
    """Return a new form that complains of nothing and keeps what people had written.

    `anew`: sending it is a new enquiry, not a repeat of this one.
    """
    form = CheckoutForm.fresh()
    dropped = ("stamp", "website", *(["uuid"] if anew else []))
    kept = {k: v for k, v in request.POST.items() if k not in dropped}
    form.initial |= kept
    return form.about(batch, Profile.current())


def _enrol(request, form):
    try:
        lead = _capture(request, form)
    except TooManyEnquiries:
        return _later(request, form)
    if form.suspicion():  # a program must not hold seats; a person presses the button once more
        again = _with_what_was_typed(request, form.batch)
        return _page(request, again, status=422, is_asked_again=True)
    if _is_one_of_a_flood(lead):  # saved, but one address must not hold the seats of a batch
        return _later(request, _with_what_was_typed(request, form.batch, anew=True))
    may_wait = request.POST.get("do") == "wait"
    try:
        order = _order(request, form, lead)
    except AlreadyEnrolled:
        return _page(request, form, status=409, is_already_in=True)
    except CouponRefused as refused:
        form.add_error("code", str(refused))
        return _page(request, form, status=422)
    except BatchFull:
        if not may_wait:
            return _page(request, form, status=409, has_just_filled=True)
        return _page(request, form, place=_wait(request, form, lead))
    if may_wait:  # a seat had become free meanwhile: it is theirs, and they decide whether to pay
        return redirect("pay", order.token)
    return go_and_pay(order)


def _later(request, form):
    """Say when the address may post again, and keep what was written."""
    opens_at = ceiling.opens_again_at()
    response = _page(request, form, status=429, opens_at=opens_at)
    response["Retry-After"] = ceiling.retry_after(opens_at)
    return response


def _is_one_of_a_flood(lead):
    """Whether the enquiry just captured went beyond the limits that the owner sets an hour."""
    return lead.enquiries.order_by("-pk").values_list("suspicion", flat=True)[0] in REASONS


def _capture(request, form):
    given = form.cleaned_data
    return capture_lead(
        name=given["name"], phone=given["phone"], email=given["email"],
        course=form.batch.course, greet=False, arrival=arrived(request, form, source="enrol"),
    ).lead  # fmt: skip


@transaction.atomic
def _order(request, form, lead):
    """Hold the seat and keep the guardian's consent with it, or change nothing."""
    given = form.cleaned_data
    order = enrol.checkout(
        lead, batch=form.batch, plan=given["plan"], code=given["code"],
        state_code=given.get("state", ""),
    )  # fmt: skip
    _keep_guardian(request, given, lead)
    return order


@transaction.atomic
def _wait(request, form, lead):
    """Return the number of the student's place in the queue of the full batch, 1 for the first."""
    place = join_waiting_list(enrol.student_of(lead), form.batch)
    _keep_guardian(request, form.cleaned_data, lead)
    before = WaitingPlace.objects.filter(batch=form.batch, state=place.state, pk__lte=place.pk)
    return before.count()


def _keep_guardian(request, given, lead):
    if given["age"] == MINOR:
        give_guardian_consent(
            lead.contact, name=given["guardian"], language=get_language(), ip=client_ip(request)
        )


def _page(request, form, *, status=200, **news):
    quotes, problem = form.plans_and_problem
    centre = Profile.current()
    policies = Policy.objects.filter(key__in=["refund.policy", "age"], is_archived=False)
    says = {policy.key.partition(".")[0]: policy.say(get_language()) for policy in policies}
    context = {
        "form": form,
        "batch": form.batch,
        "course": form.batch.course,
        "plans": [(Order.Plan(one.plan).label, one) for one in quotes],
        "chosen": form["plan"].value() or Order.Plan.FULL,
        "today": timezone.localdate(),
        "code_problem": "" if form.is_bound else problem,
        "is_full": not has_seat(form.batch),
        "consent_text": consent_wording(get_language(), centre.name),
        "guardian_text": guardian_wording(get_language(), centre.name),
        "says": says,
        "link_hours": centre.payment_link_hours,
        **news,
    }
    response = render(request, "payments/checkout.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response
