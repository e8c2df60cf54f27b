"""Calls through Twilio. What is said is fetched from us when the person picks up."""

import math

from django.conf import settings

from coaching.messaging import catalogue, twilio


def is_configured():
    return bool(
        settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN and settings.TWILIO_VOICE_FROM
    )


def price_paise(profile):
    """A call that lasts as long as we allow; what was not talked is given back afterwards."""
    return cost_paise(profile, twilio.CALL_LIMIT_SECONDS)


def cost_paise(profile, seconds):
    """Return what a call of `seconds` costs: begun minutes count as whole ones."""
    return profile.price_voice_paise_minute * math.ceil(seconds / 60)


def prepare(log):
    """Return the words: a call that has nothing to say is not placed."""
    return catalogue.text_of(log)


def send(log, _text):
    return twilio.place_call(log.recipient, log.id)
