"""Enquiries of people and of programs, and the bin, in few words."""

from django.utils import timezone

from coaching.accounts.models import Contact
from coaching.accounts.phone import read_phone
from coaching.messaging.models import CommunicationLog
from leads import bin
from leads.models import Lead
from leads.services import Arrival, capture_lead


def ask(name="Asha Rao", phone="98765 43210", *, suspicion="", **more):
    arrival = Arrival(via="form", suspicion=suspicion)
    return capture_lead(name=name, phone=read_phone(phone), arrival=arrival, **more).lead


def a_bot(**more):
    return ask(suspicion="suspected_bot", **more)


def throw_away(*leads, seen_at=None):
    these = Lead.objects.filter(pk__in=[lead.pk for lead in leads])
    return bin.throw_away(these, seen_at or timezone.now())


def take_back(*leads):
    these = Lead.objects.filter(pk__in=[lead.pk for lead in leads])
    return bin.take_back(these, timezone.now())


def status(lead):
    return Lead.objects.get(pk=lead.pk).status


def messages():
    return sorted(CommunicationLog.objects.values_list("state", "reason"))


def a_flood(count):
    """Write so many enquiries of as many numbers, each with one held message."""
    phones = [f"+91{9_000_000_000 + n}" for n in range(count)]
    contacts = Contact.objects.bulk_create(Contact(phone=phone) for phone in phones)
    Lead.objects.bulk_create(
        Lead(name="Bot", name_key="bot", phone=contact.phone, contact=contact)
        for contact in contacts
    )
    CommunicationLog.objects.bulk_create(
        CommunicationLog(
            contact=contact, channel="whatsapp", purpose="enquiry_welcome", state="held",
            reason="suspected_bot", recipient=contact.phone, dedupe_key=f"flood:{contact.phone}",
        )
        for contact in contacts
    )  # fmt: skip
