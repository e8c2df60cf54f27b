"""From a question to an answer: capture an enquiry and put its three messages into the outbox."""

from dataclasses import dataclass, field

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from academics.models import Batch, Course
from coaching.accounts.models import Contact, give_consent
from coaching.centre.models import Profile
from coaching.common.money import inr
from coaching.messaging.services import queue
from leads.models import Enquiry, Lead, name_key


@dataclass(frozen=True)
class Capture:
    """What an enquiry became. `is_new` is False when the lead was there already."""

    lead: Lead
    is_new: bool


@dataclass(frozen=True)
class Arrival:
    """How an enquiry reached us."""

    via: str
    language: str = "en-in"
    source: str = "website"
    utm: dict = field(default_factory=dict)
    referrer: str = ""
    ip: str | None = None
    key: str | None = None
    suspicion: str = ""


def capture_lead(*, name, phone, email="", course=None, message="", arrival, consented=True):
    """Save one enquiry with its consent and its three messages, all in one transaction.

    `phone` is a `coaching.accounts.phone.Phone`, `course` a Course or None. The caller has made
    sure that the person agreed to be contacted; where not, `consented=False` records no consent
    and holds the messages. The same idempotency key, or the same number and
    name while the lead is open, gives the same lead again. Safe to call in parallel. The doorbell
    rings after the commit; whether it is heard does not matter here.
    """
    if arrival.key:
        known = _by_key(arrival.key)
        if known:
            return Capture(known, is_new=False)
    try:
        with transaction.atomic():
            return _capture(name, phone, email, course, message, arrival, consented)
    except IntegrityError:
        # Somebody posted the same key, or the same open enquiry, at the same moment.
        known = _by_key(arrival.key) if arrival.key else None
        if known:
            return Capture(known, is_new=False)
        with transaction.atomic():
            return _capture(name, phone, email, course, message, arrival, consented)


def _by_key(key):
    enquiry = Enquiry.objects.select_related("lead").filter(key=key).first()
    return enquiry.lead if enquiry else None


def _capture(name, phone, email, course, message, arrival, consented):
    contact = Contact.objects.having(phone.e164, language=arrival.language)
    key = name_key(name)
    lead = Lead.objects.open().filter(contact=contact, name_key=key).first()
    is_new = lead is None
    if is_new:
        lead = Lead(name=name, phone=phone.e164, contact=contact, source=arrival.source)
    lead.email = email or lead.email
    lead.course = course or lead.course
    lead.message = message or lead.message
    lead.language = arrival.language
    lead.save()
    Enquiry.objects.create(
        lead=lead,
        key=arrival.key,
        via=arrival.via,
        course=course,
        message=message,
        source=arrival.source,
        utm=arrival.utm,
        referrer=arrival.referrer,
        ip=arrival.ip,
        suspicion=arrival.suspicion,
    )
    if consented:
        give_consent(contact, source=arrival.via, language=arrival.language, ip=arrival.ip)
    welcome(lead, held=arrival.suspicion or ("" if consented else "no_consent"))
    return Capture(lead, is_new=is_new)


def welcome(lead, *, held=""):
    """Queue the welcome on every channel the lead can be reached by, once per number and window."""
    window = lead.contact.open_welcome_window(Profile.current().welcome_window)
    return queue(
        lead.contact,
        "enquiry_welcome",
        welcome_context(lead),
        subject=lead.subject,
        dedupe_key=f"enquiry_welcome:{lead.contact_id}:{window.timestamp():.6f}",
        email=lead.email,
        language=lead.language,
        held=held,
    )


def welcome_context(lead):
    """Return everything the welcome says, as the database has it now: nothing is invented."""
    centre = Profile.current()
    courses = list(Course.objects.offered().with_batches())
    chosen = next((c for c in courses if c.pk == lead.course_id), None)
    with override(lead.language):
        context = {
            "name": lead.name.split(" ")[0],
            "full_name": lead.name,
            "centre": centre.name,
            "address": centre.address,
            "phone": centre.phone,
            "courses": [_about(course) for course in ([chosen] if chosen else courses)],
            "has_course": bool(chosen),
        }
        if chosen:
            about = context["courses"][0]
            context |= {
                "course": about["title"],
                "fee": about["fee"],
                "next_batch": about["batches"][0]["short"]
                if about["batches"]
                else _("dates on request"),
                "link": about["url"],
            }
        else:
            context |= {
                "course": _("our Python courses"),
                "fee": _("from %(fee)s")
                % {"fee": inr(min((c.price_paise for c in courses), default=0))}
                if courses
                else _("on request"),
                "next_batch": _("dates on our website"),
                "link": settings.SITE_URL + "/",
            }
    return context


def _about(course):
    """Return what an e-mail says about one course, in the active language."""
    return {
        "title": course.title_in(get_language()),
        "fee": inr(course.price_paise),
        "weeks": course.duration_weeks,
        "hours": course.hours,
        "prerequisites": course.prerequisites,
        "trainer": course.trainer,
        "trainer_experience": course.trainer_experience,
        "syllabus": course.syllabus,
        "instalments": [
            {"amount": inr(part["paise"]), "when": part["when"]} for part in course.instalments
        ],
        "batches": [_about_batch(batch) for batch in course.open_batches],
        "url": settings.SITE_URL + course.get_absolute_url(),
    }


def _about_batch(batch: Batch):
    date = date_format(batch.starts_on, "j F Y")
    times = f"{time_format(batch.start_time)} – {time_format(batch.end_time)}"
    return {
        "date": date,
        "days": batch.days_text,
        "times": times,
        "mode": batch.get_mode_display(),
        "seats_left": batch.seats_left,
        "short": f"{date}, {batch.days_text}, {times} ({batch.get_mode_display()})",
    }


def thanks_token(lead):
    """Return the signed token of the page that says what happens next."""
    return signing.dumps(lead.pk, salt="leads.thanks")


def thanks_url(lead):
    return reverse("enquiry_thanks", args=[thanks_token(lead)])


@dataclass(frozen=True)
class NextStep:
    """One line of 'what happens next': the channel, its state, and when (UTC) if later."""

    channel: str
    state: str
    reason: str
    due_at: object


def next_steps(lead):
    """Return the newest welcome message of each channel for the lead's number, as NextSteps."""
    steps = {}
    for log in lead.communication_logs.filter(purpose="enquiry_welcome").order_by("created_at"):
        due_at = log.due_at if log.due_at > timezone.now() else None
        steps[log.channel] = NextStep(log.channel, log.state, log.reason, due_at)
    return [steps[channel] for channel in ("whatsapp", "email", "voice") if channel in steps]
