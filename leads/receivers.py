"""What the front desk does when messaging reports something."""

from django.dispatch import receiver

from coaching.centre.models import Profile
from coaching.messaging.services import queue
from coaching.messaging.signals import inbound_received
from leads.models import Enquiry, Lead


@receiver(inbound_received)
def somebody_wrote(sender, log, profile_name, **_):
    """A number we have no enquiry of becomes a lead, so that nobody who writes is lost.

    One in the bin does not count: somebody has the number, whoever gave it to the form.
    Nobody has agreed to calls or e-mails here, so only an answer on WhatsApp goes out: once a
    day, until a person or the receptionist takes the conversation over.
    """
    contact = log.contact
    lead = Lead.objects.unbinned().filter(contact=contact).order_by("-pk").first()
    if lead is None and not contact.users.exists():
        lead = Lead.objects.create(
            name=profile_name or contact.phone,
            phone=contact.phone,
            contact=contact,
            message=log.body[:2000],
            source="whatsapp",
            language=contact.language,
        )
        Enquiry.objects.create(
            lead=lead, via=Enquiry.Via.WHATSAPP, message=log.body[:2000], source="whatsapp"
        )
    if lead:
        log.subject = lead.subject
        log.save(update_fields=["subject"])
    centre = Profile.current()
    queue(
        contact,
        "inbound_received",
        {"centre": centre.name, "phone": centre.phone},
        subject=log.subject,
        dedupe_key=f"inbound_received:{contact.pk}:{log.created_at:%Y-%m-%d}",
        language=contact.language,
    )
