"""Agreeing and stopping: each act is a row of its own, and the number's present state follows."""

from django.db import transaction
from django.utils import timezone

from coaching.accounts import wordings
from coaching.accounts.models import Consent, Contact
from coaching.common.rows import insert


def give_consent(contact, *, source, language, ip=None):
    """Record that the person agreed to the present wording. Does not undo an opt-out."""
    insert(
        Consent(
            contact=contact,
            action=Consent.Action.GIVEN,
            source=source,
            wording_version=wordings.CURRENT,
            language=language,
            ip=ip,
        )
    )


@transaction.atomic
def opt_out(contact, *, source, ip=None):
    """Stop everything but codes and receipts to this number, from now. True the first time."""
    first = Contact.objects.filter(pk=contact.pk, opted_out_at=None).update(
        opted_out_at=timezone.now()
    )
    if first:
        Consent.objects.create(
            contact=contact, action=Consent.Action.WITHDRAWN, source=source, ip=ip
        )
    contact.refresh_from_db(fields=["opted_out_at"])
    return bool(first)


@transaction.atomic
def opt_in_again(contact, *, source, ip=None):
    """Undo an opt-out at the person's own wish. True when there was one."""
    undone = (
        Contact.objects.filter(pk=contact.pk).exclude(opted_out_at=None).update(opted_out_at=None)
    )
    if undone:
        give_consent(contact, source=source, language=contact.language, ip=ip)
    contact.refresh_from_db(fields=["opted_out_at"])
    return bool(undone)
