"""The people of the demo: log-ins, and enquiries with their finished history."""

import random
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from academics.models import Course
from coaching.accounts.models import Consent, Contact, User
from coaching.accounts.wordings import CURRENT
from coaching.centre.models import Profile
from coaching.demo import till
from coaching.messaging.catalogue import text_of
from coaching.messaging.models import Channel, CommunicationLog, DeliveryReceipt, State
from leads.models import Enquiry, Lead
from leads.welcome import welcome_context

PASSWORD = "front-desk-demo"  # noqa: S105  (of a demo that answers on this machine only)
STAFF = [
    ("owner@example.com", "Meera Kulkarni", "owner"),
    ("counsellor@example.com", "Imran Shaikh", "counsellor"),
    ("teacher@example.com", "Anjali Deshpande", "teacher"),
]
STUDENT = ("student@example.com", "Rohan Patil", "+919811111111")

# name, last two digits, hours ago, status, source, question, what became of WhatsApp, mail, call
ENQUIRIES = [
    ("Kavita Joshi", "01", 650, "enrolled", "google", "Do you teach on weekends?", "rda"),
    ("Arjun Nair", "02", 520, "lost", "instagram", "", "rd-"),
    ("Sneha Wankhede", "03", 390, "enrolled", "website", "Is there a demo class?", "rda"),
    ("Farhan Qureshi", "04", 240, "interested", "referral", "", "rdb"),
    ("Pooja Bhoyar", "05", 150, "interested", "google", "EMI possible?", "rda"),
    ("Vikram Rathod", "06", 118, "contacted", "website", "", "ddn"),
    ("Divya Iyer", "07", 74, "contacted", "instagram", "मुझे हिंदी में पढ़ना है", "rda"),
    ("Sandeep Meshram", "08", 51, "contacted", "website", "", "fda"),
    ("Nikita Agarwal", "09", 29, "interested", "walk-in", "Laptop needed?", "rda"),
    ("Harsh Thakre", "10", 22, "new", "google", "Batch timings please", "dda"),
    ("Ayesha Khan", "11", 5, "new", "website", "What is the fee?", "rda"),
    ("Manoj Gupta", "12", 2, "new", "website", "", "hhh"),
    ("Ritu Sharma", "13", 0.4, "new", "instagram", "Can I pay in parts?", "rda"),
]  # fmt: skip
FATES = {
    "r": (State.READ, ""), "d": (State.DELIVERED, ""), "a": (State.ANSWERED, ""),
    "f": (State.FAILED, "twilio:63003"), "h": (State.HELD, "suspected_bot"),
    "b": (State.FAILED, "busy"), "n": (State.FAILED, "no_answer"),
}  # fmt: skip


def add_logins():
    for email, name, role in STAFF:
        if not User.objects.filter(email=email).exists():
            User.objects.create_user(email, PASSWORD, name=name).set_role(role)
    email, name, phone = STUDENT
    if not User.objects.filter(email=email).exists():
        student = User.objects.create_user(email, name=name, contact=Contact.objects.having(phone))
        student.set_role("student")


def add_enquiries():
    """Add the demo's enquiries that are not there yet, and what came of them; none of their
    messages can be sent."""
    chance = random.Random(7)  # noqa: S311  (the same demo every time)
    courses = list(Course.objects.offered())
    counsellor = User.objects.filter(email=STAFF[1][0]).first()
    for place, (name, ending, hours, status, source, question, fates) in enumerate(ENQUIRIES):
        phone = f"+9198111000{ending}"
        if Lead.objects.filter(contact__phone=phone).exists():
            continue
        asked_at = timezone.now() - timedelta(hours=hours)
        if hours > 24:
            asked_at = _by_day(asked_at)
        contact = Contact.objects.having(phone)
        Contact.objects.filter(pk=contact.pk).update(
            created_at=asked_at, welcome_window_started_at=asked_at
        )
        lead = Lead.objects.create(
            name=name, phone=phone, contact=contact, source=source, status=status,
            email=f"{name.split()[0].lower()}{ending}@example.com", message=question,
            course=courses[place % len(courses)] if courses else None, created_at=asked_at,
            assigned_to=counsellor if status != "new" else None,
        )  # fmt: skip
        Enquiry.objects.create(
            lead=lead, via=Enquiry.Via.FORM, course=lead.course, message=question, source=source,
            created_at=asked_at, suspicion="suspected_bot" if "h" in fates else "",
        )  # fmt: skip
        Consent.objects.create(
            contact=contact, action=Consent.Action.GIVEN, source=Consent.Source.FORM,
            wording_version=CURRENT, language="en-in", created_at=asked_at,
        )  # fmt: skip
        context = welcome_context(lead)
        for channel, fate in zip(Channel.values, fates, strict=True):
            if fate in FATES:
                _add_history(lead, channel, *FATES[fate], asked_at, context, chance)
        if question:
            _add_reply(lead, asked_at + timedelta(minutes=chance.randint(3, 20)))
    if counsellor:
        student = User.objects.get(email=STUDENT[0])
        till.add_enrolments(student, counsellor, Profile.current())


def _by_day(moment):
    """Move a moment of the night to the evening before it: nobody is called at 4 AM."""
    hour = timezone.localtime(moment).hour
    if hour < 9:
        return moment - timedelta(hours=hour + 4)
    return moment - timedelta(hours=hour - 19) if hour > 20 else moment


def _add_history(lead, channel, state, reason, asked_at, context, chance):
    """One finished message: with the times that a good day has."""
    log = CommunicationLog(
        id=_id_at(asked_at, chance), contact=lead.contact, channel=channel,
        purpose="enquiry_welcome", subject=lead.subject, dedupe_key=f"demo:{lead.phone}:{channel}",
        state=state, reason=reason, context=context, created_at=asked_at, due_at=asked_at,
        trying_since=asked_at, recipient=lead.email if channel == Channel.EMAIL else lead.phone,
    )  # fmt: skip
    if state != State.HELD:
        slow = 1 if channel == Channel.WHATSAPP else 3
        log.attempts = 1
        log.provider_id = f"demo-{log.id}"
        log.posted_at = asked_at + timedelta(milliseconds=chance.randint(12, 60))
        log.accepted_at = log.posted_at + timedelta(milliseconds=chance.randint(150, 700))
        if state in (State.DELIVERED, State.READ, State.ANSWERED):
            log.delivered_at = log.accepted_at + timedelta(seconds=slow * chance.uniform(0.8, 4))
        if state in (State.READ, State.ANSWERED):
            log.answered_at = log.delivered_at + timedelta(seconds=chance.uniform(4, 400))
        if channel == Channel.VOICE and state == State.ANSWERED:
            log.answered_at = log.delivered_at + timedelta(seconds=chance.uniform(3, 14))
            log.duration_seconds = chance.randint(40, 190)
            log.ended_at = log.answered_at + timedelta(seconds=log.duration_seconds)
        if state == State.FAILED:
            log.ended_at = log.accepted_at + timedelta(seconds=chance.uniform(2, 30))
        if channel != Channel.EMAIL:
            log.body = text_of(log)
    log.save(force_insert=True)
    if log.delivered_at:
        DeliveryReceipt.objects.create(
            log=log, provider_id=log.provider_id, status="delivered", received_at=log.delivered_at
        )


def _add_reply(lead, moment):
    CommunicationLog.objects.create(
        id=_id_at(moment, random.Random(lead.pk)),  # noqa: S311
        contact=lead.contact, direction=CommunicationLog.Direction.IN, channel=Channel.WHATSAPP,
        purpose="inbound", subject=lead.subject, dedupe_key=f"demo:{lead.phone}:reply",
        state=State.RECEIVED, recipient=lead.phone, body=lead.message, created_at=moment,
        due_at=moment, accepted_at=moment,
    )  # fmt: skip


def _id_at(moment, chance):
    """An id as a row of that moment would have: ids are in time order."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | chance.getrandbits(62))
