"""From a question to an answer: capture an enquiry and put its three messages into the outbox."""

from dataclasses import dataclass, field

from django.core import signing
from django.db import IntegrityError, OperationalError, transaction
from django.urls import reverse
from django.utils import timezone

from coaching.accounts.models import Contact
from coaching.accounts.services import give_consent
from coaching.centre.models import Profile
from coaching.common.rows import insert, insert_one, together
from coaching.messaging.gates import has_consent
from coaching.messaging.services import NOT_A_PERSON, TAKEN_BACK, release_held
from leads import flood
from leads.flood import TooManyEnquiries
from leads.models import Enquiry, Lead, name_key
from leads.welcome import welcome

SETTLED_BY_ASKING = ("no_consent", "suspected_bot", *flood.REASONS, NOT_A_PERSON, TAKEN_BACK)
ASKED_AGAIN = ("email", "course", "message", "language", "updated_at")


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


def capture_lead(
    *, name, phone, email="", course=None, message="", arrival, consented=True, greet=True
):
    """Save one enquiry with its consent and its three messages, all in one transaction.

    `phone` is a `coaching.accounts.phone.Phone`, `course` a Course or None. The caller has made
    sure that the person agreed to be contacted; where not, `consented=False` records no consent
    and holds the messages. `greet=False`: they are answered otherwise, so no message is queued and
    none that waits is let go. The same idempotency key, or the same number and name while the lead
    is open, gives the same lead again. Safe to call in parallel. The doorbell
    rings after the commit; whether it is heard does not matter here. Raises TooManyEnquiries, and
    saves nothing, when the address has passed ten times its limit.
    """
    for last in (False, False, True):
        try:
            with transaction.atomic():
                return _capture(name, phone, email, course, message, arrival, consented, greet)
        except (IntegrityError, OperationalError, TooManyEnquiries) as error:
            # It was posted before, or somebody posts the same at this moment, or the database
            # ended a deadlock. What was answered once is answered the same again.
            known = _by_key(arrival.key) if arrival.key else None
            if known:
                return Capture(known, is_new=False)
            if last or isinstance(error, TooManyEnquiries):
                raise


def _by_key(key):
    enquiry = Enquiry.objects.select_related("lead").filter(key=key).first()
    return enquiry.lead if enquiry else None


def _capture(name, phone, email, course, message, arrival, consented, greet):
    contact = Contact.objects.locked(
        phone.e164,
        language=arrival.language,
        welcome_window=Profile.current().welcome_window if greet else None,
    )
    suspicion = flood.suspicion(phone, arrival, email=email, is_new_number=contact.is_new)
    lead = None if contact.is_new else _asked_before(contact, name, suspicion)
    is_new = lead is None
    if is_new:
        lead = Lead(name=name, phone=phone.e164, contact=contact, source=arrival.source)
    if lead.status != Lead.Status.JUNK:
        lead.email = email or lead.email
        lead.course = course or lead.course
        lead.message = message or lead.message
        lead.language = arrival.language
        if is_new:
            lead.derive()
            insert_one(lead)
        else:  # what staff wrote meanwhile (status, counsellor) is not ours to overwrite
            lead.save(update_fields=ASKED_AGAIN)
    with together():
        _add_rows(lead, course, message, arrival, consented, suspicion, greet)
    return Capture(lead, is_new=is_new)


def _asked_before(contact, name, suspicion):
    """Return the lead that this enquiry repeats, or None: the open one of the same name.

    What looks like a program's also repeats one in the bin, so that the bin stays closed.
    """
    statuses = (*Lead.OPEN, Lead.Status.JUNK) if suspicion else Lead.OPEN
    same = Lead.objects.filter(contact=contact, name_key=name_key(name), status__in=statuses)
    return min(same, key=lambda lead: lead.status == Lead.Status.JUNK, default=None)


def _add_rows(lead, course, message, arrival, consented, suspicion, greet):
    """Write down that they asked and agreed, and queue the welcome (in the bin there is none)."""
    contact = lead.contact
    insert(
        Enquiry(
            lead=lead,
            key=arrival.key,
            via=arrival.via,
            course=course,
            message=message,
            source=arrival.source,
            utm=arrival.utm,
            referrer=arrival.referrer,
            ip=arrival.ip,
            suspicion=suspicion,
        )
    )
    if consented:
        give_consent(contact, source=arrival.via, language=arrival.language, ip=arrival.ip)
        if greet and not suspicion and not contact.is_new:
            # The person has agreed since, or come back like a person.
            release_held(contact, SETTLED_BY_ASKING, since=contact.welcome_window_started_at)
    if greet and lead.status != Lead.Status.JUNK:
        agreed = consented or has_consent(contact)
        welcome(lead, held=suspicion or ("" if agreed else "no_consent"))


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
