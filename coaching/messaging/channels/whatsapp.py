"""WhatsApp through Twilio: an approved template, or free text inside the 24 hours."""

import datetime as dt
import hashlib
import json

from django.conf import settings
from django.utils import timezone

from coaching.common import remember
from coaching.messaging import catalogue, twilio
from coaching.messaging.channels import DeliveryError
from coaching.messaging.models import WhatsAppTemplate

# Twilio's window is 24 hours from the person's last message; ten minutes are our margin.
FREE_TEXT_WINDOW = dt.timedelta(hours=23, minutes=50)


def is_configured():
    return bool(
        settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN and settings.TWILIO_WHATSAPP_FROM
    )


def price_paise(profile):
    return profile.price_whatsapp_paise


def may_write_freely(contact):
    """Whether the person wrote to us so recently that free text is allowed."""
    last = contact.last_inbound_at
    return bool(last) and timezone.now() - last < FREE_TEXT_WINDOW


def stand_in_sid(name, language):
    """Return the ContentSid that a stand-in for Twilio gives to this template."""
    digest = hashlib.md5(f"{name}:{language}".encode(), usedforsecurity=False).hexdigest()
    return f"HX{digest}"


@remember.for_seconds(1)
def content_sid(name, language):
    """Return the approved template's ContentSid as it was at most a second ago, or ''."""
    template = WhatsAppTemplate.objects.filter(message=name, language=language).first()
    if template:
        return template.content_sid
    return stand_in_sid(name, language) if settings.TWILIO_BASE_URL else ""


def prepare(log):
    """Return the content of the request; raises DeliveryError where there is no way to say it."""
    message = catalogue.CATALOGUE[log.purpose]
    language = catalogue.language_of(log.language)
    sid = content_sid(log.purpose, language) if message.template else ""
    if sid:
        variables = catalogue.variables(log)
        content = {"content_sid": sid}
        if variables:
            content["content_variables"] = json.dumps(variables, ensure_ascii=False)
    elif may_write_freely(log.contact):
        content = {"body": catalogue.text_of(log)}
    else:
        reason = "template_missing" if message.template else "window_closed"
        raise DeliveryError(reason, permanent=True)
    return content


def send(log, content):
    return twilio.send_whatsapp(log.recipient, log.id, **content)
