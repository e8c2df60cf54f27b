"""The landing page, the course pages, and the enquiry."""

from itertools import groupby

from django.core import signing
from django.http import Http404, HttpResponseForbidden
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from academics.models import Course
from coaching.accounts.wordings import consent_wording
from coaching.centre.models import Policy, Profile
from coaching.common.http import client_ip, is_foreign_origin
from leads import ceiling, seo
from leads.flood import TooManyEnquiries
from leads.forms import EnquiryForm
from leads.models import Enquiry, Lead
from leads.services import Arrival, capture_lead, thanks_url
from leads.thanks import is_welcomed, what_happens
from payments import phonepe

UTM_FIELDS = (
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "gclid",
    "fbclid",
)
# What the page answers, in its order: each policy's key with the question it answers.
QUESTIONS = {
    "demo": _("Is there a demo class?"),
    "language": _("Which language are the classes in?"),
    "laptop": _("Do I need a laptop?"),
    "platform": _("Where do the online classes happen?"),
    "recording": _("Are the classes recorded?"),
    "missed_class": _("What if I miss a class?"),
    "material": _("Do I have to buy books or notes?"),
    "certificate": _("Do I get a certificate?"),
    "placement": _("Do you help me find a job?"),
    "payment.methods": _("How can I pay?"),
    "gst": _("Is GST extra?"),
    "discount.policy": _("Is there a discount?"),
    "refund.policy": _("Do I get my money back if I stop?"),
    "batch_change": _("Can I change my batch later?"),
    "age": _("Who can join?"),
    "enroll": _("How do I join?"),
}
VISIT = ("location", "office_hours")


@require_safe
def landing(request):
    form = EnquiryForm.fresh(course=request.GET.get("course"))
    return render(request, "leads/landing.html", _landing(request, form))


def _landing(request, form):
    courses = list(Course.objects.offered().with_batches())
    centre = Profile.current()
    says = _policies()
    return {
        "centre": centre,
        "courses": courses,
        "next_batch": _next_batch(courses),
        "lowest_fee": min((c.price_paise for c in courses), default=None),
        "trainers": _trainers(courses),
        "form": form,
        "consent_text": consent_wording(get_language(), centre.name),
        "questions": [
            {"key": key, "question": question, "answer": says[key]}
            for key, question in QUESTIONS.items()
            if key in says
        ],
        "visit": {key: says[key] for key in VISIT if key in says},
        "campaign": _campaign(request),
        "page": seo.Page(request, "landing"),
        "json_ld": seo.landing_json_ld(centre, courses),
    }


def _next_batch(courses):
    """Return the soonest batch that still has a seat, or None."""
    batches = [batch for course in courses for batch in course.open_batches if not batch.is_full]
    return min(batches, key=lambda batch: (batch.starts_on, batch.pk), default=None)


def _trainers(courses):
    """Return each trainer once, with what they teach: nobody is made up."""
    taught = sorted((c for c in courses if c.trainer), key=lambda c: (c.trainer, c.position))
    people = [(name, list(own)) for name, own in groupby(taught, key=lambda c: c.trainer)]
    return [
        {"name": name, "experience": own[0].trainer_experience, "courses": own}
        for name, own in people
    ]


def _policies():
    """Return what the centre says about itself, in the visitor's language, by key."""
    kept = Policy.objects.filter(key__in=[*QUESTIONS, *VISIT], is_archived=False)
    return {policy.key: policy.say(get_language()) for policy in kept}


def _campaign(request):
    """Return the campaign fields of the address, to travel with the form."""
    given = request.POST if request.method == "POST" else request.GET
    values = {name: given.get(name, "").replace("\x00", "")[:100] for name in UTM_FIELDS}
    return {name: value for name, value in values.items() if value}


@require_safe
def course(request, slug):
    course = get_object_or_404(Course.objects.offered().with_batches(), slug=slug)
    centre = Profile.current()
    return render(
        request,
        "leads/course.html",
        {
            "centre": centre,
            "course": course,
            "can_enrol": phonepe.is_configured(),
            "form": EnquiryForm.fresh(course=course.slug),
            "consent_text": consent_wording(get_language(), centre.name),
            "campaign": _campaign(request),
            "page": seo.Page(request, "course", slug),
            "json_ld": seo.course_json_ld(centre, course),
        },
    )


@csrf_exempt  # nobody is logged in here; a stale token must not cost an enquiry. Origin is checked.
@require_http_methods(["GET", "HEAD", "POST"])
def enquiries(request):
    if request.method != "POST":  # a reloaded or shared error page
        return redirect("landing")
    if is_foreign_origin(request):
        return HttpResponseForbidden("This form belongs to another website.")
    form = EnquiryForm(request.POST)
    if not form.is_valid():
        form.focus_first_error()
        return render(request, "leads/landing.html", _landing(request, form), status=422)
    try:
        capture = _capture(request, form)
    except TooManyEnquiries:
        return _come_back_later(request, form)
    response = redirect(thanks_url(capture.lead))
    response.status_code = 303
    return response


def _come_back_later(request, form):
    """Say when the address may post again, how else we are reached, and keep what was written."""
    opens_at = ceiling.opens_again_at()
    context = {
        "form": form,
        "consent_text": consent_wording(get_language(), Profile.current().name),
        "campaign": _campaign(request),
        "opens_at": opens_at,
    }
    response = render(request, "429.html", context, status=429)
    response["Retry-After"] = ceiling.retry_after(opens_at)
    return response


def _capture(request, form):
    given = form.cleaned_data
    campaign = _campaign(request)
    return capture_lead(
        name=given["name"],
        phone=given["phone"],
        email=given["email"],
        course=given["course"],
        message=given["message"],
        arrival=arrived(
            request, form, source=campaign.get("utm_source", "website")[:40], utm=campaign
        ),
    )


def arrived(request, form, **how):
    """Return the Arrival of what an EnquiryForm has sent; `how` says from where."""
    return Arrival(
        via=Enquiry.Via.FORM,
        language=get_language(),
        referrer=request.headers.get("Referer", "").replace("\x00", "")[:300],
        ip=client_ip(request),
        key=form.idempotency_key(),
        suspicion=form.suspicion(),
        **how,
    )


@require_safe
def thanks(request, token):
    """Say what happens next, and when. The link lives a day; it shows nothing but a first name."""
    try:
        pk = signing.loads(token, salt="leads.thanks", max_age=24 * 3600)
    except signing.BadSignature as error:
        raise Http404 from error
    lead = get_object_or_404(Lead.objects.select_related("contact", "course"), pk=pk)
    response = render(
        request,
        "leads/thanks.html",
        {
            "first_name": lead.name.split(" ")[0],
            "course": lead.course,
            "is_stopped": bool(lead.contact.opted_out_at),
            "is_repeat": not is_welcomed(lead),
            "asked_before": lead.enquiries.count() > 1,
            "phone_ending": lead.phone[-4:],
            **what_happens(lead),
        },
    )
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


@require_safe
def privacy(request):
    centre = Profile.current()
    return render(
        request,
        "leads/privacy.html",
        {
            "centre": centre,
            "consent_text": consent_wording(get_language(), centre.name),
            "page": seo.Page(request, "privacy"),
        },
    )
