"""Do the three channels work? Asked by `manage.py doctor`; nothing is sent."""

from dataclasses import dataclass

from django.conf import settings
from django.core.mail import get_connection

from coaching.accounts.phone import NotANumber, read_phone
from coaching.messaging import twilio
from coaching.messaging.catalogue import CATALOGUE, LANGUAGES
from coaching.messaging.channels import DeliveryError, email, voice, whatsapp
from coaching.messaging.models import Channel


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report. `state`: works, off (not configured) or broken."""

    area: str
    state: str
    text: str


def findings():
    yield from _twilio()
    yield _email()
    yield _email_receipts()


def _twilio():
    if not (settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN):
        missing = "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set: "
        yield Finding("WhatsApp", "off", missing + "no WhatsApp leaves; messages wait as held.")
        yield Finding("Calls", "off", missing + "no call is placed; calls wait as held.")
        return
    where = "the sandbox" if settings.TWILIO_SIMULATED else "Twilio"
    try:
        twilio.ask_for_anything()
    except DeliveryError as error:
        if error.reason == "provider_refused_login":
            why = "refuses the keys"
        elif settings.TWILIO_SIMULATED:
            why = "does not answer: `make run` starts it, and a PORT given there is needed here too"
        else:
            why = "does not answer"
        yield Finding("WhatsApp", "broken", f"{where} {why}.")
        yield Finding("Calls", "broken", f"{where} {why}.")
        return
    yield _whatsapp(where)
    yield _voice(where)


def _whatsapp(where):
    if not whatsapp.is_configured():
        return Finding("WhatsApp", "off", "TWILIO_WHATSAPP_FROM is not set: messages wait as held.")
    missing = [
        f"{message.name} ({language})"
        for message in CATALOGUE.values()
        if Channel.WHATSAPP in message.channels and message.template
        for language in LANGUAGES
        if not whatsapp.content_sid(message.name, language)
    ]
    if missing:
        return Finding(
            "WhatsApp", "broken",
            f"No approved template for {', '.join(missing)}: these are held. Run "
            "`manage.py submit_templates`, or enter the ContentSids in the command centre.",
        )  # fmt: skip
    return Finding("WhatsApp", "works", f"through {where}, every template has its ContentSid.")


def _voice(where):
    if not voice.is_configured():
        return Finding("Calls", "off", "TWILIO_VOICE_FROM is not set: calls wait as held.")
    try:
        caller = read_phone(settings.TWILIO_VOICE_FROM)
    except NotANumber:
        return Finding("Calls", "broken", "TWILIO_VOICE_FROM is not a telephone number.")
    if caller.region == "IN" and not settings.TWILIO_SIMULATED:
        return Finding(
            "Calls", "broken",
            "Twilio cannot show an Indian caller id on calls to India: use a number from abroad.",
        )  # fmt: skip
    return Finding("Calls", "works", f"through {where}, from {settings.TWILIO_VOICE_FROM}.")


def _email():
    if not email.is_configured():
        return Finding(
            "E-mail", "off", "EMAIL_URL is not set: no e-mail leaves; they wait as held."
        )
    try:
        connection = get_connection()
        connection.open()
        connection.close()
    except Exception as error:  # whatever the backend raises, the owner gets one sentence
        return Finding("E-mail", "broken", f"The mail server refuses us ({type(error).__name__}).")
    where = "the sandbox" if settings.EMAIL_SIMULATED else settings.ANYMAIL_ESP or "SMTP"
    return Finding("E-mail", "works", f"through {where}, from {settings.DEFAULT_FROM_EMAIL}.")


def _email_receipts():
    if settings.ANYMAIL_ESP and settings.ANYMAIL_WEBHOOK_SECRET:
        return Finding("E-mail receipts", "works", f"at /webhooks/email/{settings.ANYMAIL_ESP}/.")
    return Finding(
        "E-mail receipts", "off",
        "ANYMAIL_ESP and ANYMAIL_WEBHOOK_SECRET are not set: whether an e-mail was delivered or "
        "bounced is not known.",
    )  # fmt: skip
