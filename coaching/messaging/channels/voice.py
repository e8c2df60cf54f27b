"""Calls through Twilio. What is said is fetched from us when the person picks up."""

from django.conf import settings

from coaching.messaging import catalogue, twilio


def is_configured():
    return bool(
        settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN and settings.TWILIO_VOICE_FROM
    )


def prepare(log):
    """Return the words: a call that has nothing to say is not placed."""
    return catalogue.text_of(log)


def send(log, _text):
    return twilio.place_call(log.recipient, log.id)
