"""Agreeing and stopping, each act a row of its own; and who of a number becomes which student."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from coaching.accounts import wordings
from coaching.accounts.models import Consent, Contact, User
from coaching.common.names import name_key
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


@transaction.atomic
def student_for(contact, name, email=""):
    """Return the User of a person who enrols, made as a student (without a password) if new.

    Found by the e-mail, then by the number and the name. Siblings who share both number and
    e-mail are told apart by their names: the second has no e-mail to log in by, but the number. An
    e-mail of staff's is nobody's here. The caller holds the number's lock (`Contact.locked`).
    """
    email = email.strip().lower()
    owner = User.objects.filter(email__iexact=email).first() if email else None
    same_name = [u for u in contact.users.filter(is_staff=False) if is_same(u.name, name)]
    if owner and not owner.is_staff:
        is_sibling = owner.contact_id == contact.pk and not is_same(owner.name, name)
        if not is_sibling:
            return owner
    if same_name:
        return same_name[0]
    try:
        with transaction.atomic():
            user = User.objects.create_user(None if owner else email, name=name, contact=contact)
    except IntegrityError:  # somebody with another number took the e-mail at this moment
        user = User.objects.create_user(None, name=name, contact=contact)
    user.set_role("student")
    return user


def is_same(one, other):
    """Whether two spellings are the same person's name."""
    return name_key(one) == name_key(other)
