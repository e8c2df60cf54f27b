"""Signed links that need no log-in."""

from django.conf import settings
from django.core import signing
from django.urls import reverse

UNSUBSCRIBE_SALT = "coaching.messaging.unsubscribe"


def unsubscribe(contact):
    """Return the absolute one-tap opt-out link of a contact. It does not expire."""
    token = signing.dumps(contact.pk, salt=UNSUBSCRIBE_SALT)
    return in_language(reverse("unsubscribe", args=[token]), contact.language)


def in_language(path, language):
    """Return the absolute address of a page, in the language that the person reads."""
    return settings.SITE_URL + path + ("?lang=hi" if language == "hi" else "")


def contact_pk_of(token):
    """Return the contact's pk that `token` was made for; raises signing.BadSignature."""
    return signing.loads(token, salt=UNSUBSCRIBE_SALT)
