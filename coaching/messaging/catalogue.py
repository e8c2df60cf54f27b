"""Every message that the product sends, by name.

The wordings are in `templates/messages/<name>/`: `whatsapp.<language>.txt`, `voice.<language>.txt`
(with {placeholders}) and `email.<language>.{subject.txt,txt,html}` (Django templates). What a
placeholder holds comes from the row's context, written when the message was queued.
"""

import re
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.template.loader import render_to_string

from coaching.messaging.models import Channel

LANGUAGES = ("en-in", "hi")
WRITTEN = (Channel.WHATSAPP, Channel.EMAIL)


class WordingBroken(Exception):
    """The wording does not exist, or names something that the context does not hold."""


@dataclass(frozen=True)
class Message:
    """One entry of the catalogue.

    `stoppable`: an opt-out stops it, and it needs a consent; codes that people asked for are not.
    `secret`: its context is wiped once it is sent and its words are never shown to staff.
    `template`: WhatsApp has it approved; otherwise it is free text, inside the 24 hours only.
    `from_strangers`: a public form causes it, so it is bounded per number, and stops first.
    """

    name: str
    channels: tuple
    stoppable: bool = True
    secret: bool = False
    template: bool = True
    from_strangers: bool = False
    category: str = "UTILITY"


CATALOGUE = {
    message.name: message
    for message in (
        Message(
            "enquiry_welcome",
            (Channel.WHATSAPP, Channel.EMAIL, Channel.VOICE),
            from_strangers=True,
        ),
        Message(
            "login_code",
            (Channel.WHATSAPP, Channel.EMAIL),
            stoppable=False,
            secret=True,
            category="AUTHENTICATION",
        ),
        Message("account_mail", (Channel.EMAIL,), stoppable=False, secret=True),
        Message("stop_confirmed", (Channel.WHATSAPP,), stoppable=False, template=False),
        Message("start_confirmed", (Channel.WHATSAPP,), stoppable=False, template=False),
        Message("inbound_received", (Channel.WHATSAPP,), template=False),
        Message("payment_link", WRITTEN),
        Message("seat_offered", WRITTEN),
        Message("fee_reminder", WRITTEN),
        Message("payment_received", WRITTEN, stoppable=False),
        Message("payment_returned", WRITTEN, stoppable=False),
        Message("refund_done", WRITTEN, stoppable=False),
    )
}
FROM_STRANGERS = [name for name, message in CATALOGUE.items() if message.from_strangers]


def language_of(code):
    """Return the catalogue's language for a language code; English for those it lacks."""
    return code if code in LANGUAGES else LANGUAGES[0]


@cache
def wording(name, channel, language):
    """Return the raw text with {placeholders} of a WhatsApp message or a call."""
    path = settings.BASE_DIR / "templates" / "messages" / name / f"{channel}.{language}.txt"
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise WordingBroken(f"{name} has no {channel} wording in {language}") from error


def placeholders(name, channel, language):
    """Return the placeholders' names in the order of their first appearance."""
    return list(dict.fromkeys(re.findall(r"\{(\w+)\}", wording(name, channel, language))))


def needed(name, channel, context):
    """Return the part of `context` that the wordings of a WhatsApp message or call use."""
    used = {field for language in LANGUAGES for field in placeholders(name, channel, language)}
    return {field: value for field, value in context.items() if field in used}


def as_variable(value):
    """Make `value` fit for a WhatsApp variable: one line, not empty, of bounded length."""
    return " ".join(str(value).split())[:200] or "-"


def variables(log):
    """Return {"1": …, "2": …} for the template of `log`; raises WordingBroken."""
    names = placeholders(log.purpose, log.channel, language_of(log.language))
    missing = [name for name in names if name not in log.context]
    if missing:
        raise WordingBroken(f"{log.purpose} lacks {', '.join(missing)}")
    return {str(n): as_variable(log.context[name]) for n, name in enumerate(names, 1)}


def numbered_wording(name, language):
    """Return the WhatsApp wording as the provider wants it: {{1}}, {{2}} for the placeholders."""
    text = wording(name, Channel.WHATSAPP, language)
    for n, placeholder in enumerate(placeholders(name, Channel.WHATSAPP, language), 1):
        text = text.replace(f"{{{placeholder}}}", f"{{{{{n}}}}}")
    return text


def text_of(log):
    """Return the words of a WhatsApp message or a call, placeholders filled in."""
    language = language_of(log.language)
    text = wording(log.purpose, log.channel, language)
    for number, name in enumerate(placeholders(log.purpose, log.channel, language), 1):
        text = text.replace(f"{{{name}}}", variables(log)[str(number)])
    return text


def email_of(log, links):
    """Return (subject, text, html or '') of an e-mail. `links` are added to the row's context."""
    base = f"messages/{log.purpose}/email.{language_of(log.language)}"
    context = {**log.context, **links, "language": language_of(log.language)}
    subject = " ".join(render_to_string(f"{base}.subject.txt", context).split())
    text = render_to_string(f"{base}.txt", context)
    html = "" if log.purpose == "account_mail" else render_to_string(f"{base}.html", context)
    return subject, text, html
