"""Where an enquiry or a consent came from, in words: ready to follow “through”."""

from django import template

register = template.Library()

NAMES = {
    "api": "another website or program",
    "call": "a phone call",
    "event": "an event",
    "form": "the enquiry form",
    "link": "the link in an e-mail",
    "other": "another way",
    "phone": "a phone call",
    "referral": "somebody who knows us",
    "staff": "our staff",
    "walk-in": "a visit",
    "website": "the website",
    "whatsapp": "WhatsApp",
}


@register.filter
def source_name(code):
    """Return the words for `Lead.source`, `Enquiry.via` or `Consent.source`.

    A campaign's own name, which came with its link, stays as it was written there.
    """
    return NAMES.get(code, code)
