"""Signed links that need no log-in."""

from django.conf import settings
from django.core import signing
from django.urls import reverse

UNSUBSCRIBE_SALT = "coaching.messaging.unsubscribe"


def unsubscribe(contact):
    """Return the absolute one-tap opt-out link of a contact. It does not expire."""
    token = signing.dumps(contact.pk, salt=UNSUBSCRIBE_SALT)
    return settings.SITE_URL + reverse("unsubscribe", args=[token])


def contact_pk_of(token):
    """Return the contact's pk that `token` was made for; raises signing.BadSignature."""
    return signing.loads(token, salt=UNSUBSCRIBE_SALT)
