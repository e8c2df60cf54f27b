"""A person wrote to us on WhatsApp: stored once, then handed to whoever must act on it.

The order is: opt-out and opt-in words; then whoever listens to `inbound_received`.
"""

import unicodedata

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language

from coaching.accounts.models import Consent, Contact
from coaching.accounts.phone import NotANumber, read_phone
from coaching.accounts.services import opt_in_again
from coaching.centre.models import Profile
from coaching.messaging.models import Channel, CommunicationLog, State
from coaching.messaging.services import queue, stop
from coaching.messaging.signals import inbound_received

# The whole message, folded, must be one of these: "please stop by at 5" is no opt-out.
STOP_WORDS = {
    # Twilio's own list
    "stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out",
    "stop all",
    # English as people write it
    "stop it", "please stop", "stop please", "stop messaging me", "stop messages", "remove me",
    "stop sending messages", "dont message me", "do not message me", "dont message", "no more",
    "stop calling", "stop calling me", "dont call me", "do not call me", "unsubscribe me",
    # Hinglish
    "band karo", "band kar do", "band kardo", "band kijiye", "band karen", "message band karo",
    "messages band karo", "msg band karo", "message mat bhejo", "msg mat bhejo", "mat bhejo",
    "message mat karo", "call mat karo", "phone mat karo", "ruko", "roko", "bas karo",
    "mujhe message mat karo", "mujhe message mat bhejo", "mujhe call mat karo", "nahi chahiye",
    # Hindi
    "बंद", "बंद करो", "बंद करें", "बंद कर दो", "बन्द करो", "बन्द करें", "बंद कीजिए", "रोकें",
    "रोको", "रुको", "स्टॉप", "मैसेज बंद करो", "मैसेज बंद करें", "मैसेज मत भेजो", "संदेश बंद करें",
    "मत भेजो", "कॉल मत करो", "फोन मत करो", "मुझे मैसेज मत करो",
}  # fmt: skip
START_WORDS = {
    "start", "unstop", "subscribe", "resume", "shuru", "shuru karo", "chalu", "chalu karo",
    "चालू", "चालू करो", "चालू करें", "शुरू", "शुरू करो", "शुरू करें", "स्टार्ट",
}  # fmt: skip


def fold(text):
    """Lower-case, without punctuation and emoji, spaces folded; Devanagari signs kept."""
    text = unicodedata.normalize("NFC", text).casefold().replace("'", "").replace("’", "")
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in text)
    return " ".join(kept.split())


STOP = {fold(word) for word in STOP_WORDS}
START = {fold(word) for word in START_WORDS}


def receive(*, sid, sender, body, profile_name="", media_count="0"):
    """Store an inbound WhatsApp message and act on it, in one transaction. True the first time.

    `sender` is 'whatsapp:+91…'. Raises ValidationError when it is no telephone number.
    """
    try:
        phone = read_phone(sender.removeprefix("whatsapp:"))
    except NotANumber as error:
        raise ValidationError("The sender is not a telephone number.") from error
    body, profile_name = body.replace("\x00", ""), profile_name.replace("\x00", "")
    if not body and media_count not in ("", "0"):
        body = "[picture, voice message or file]"
    try:
        with transaction.atomic():
            _receive(sid, phone, body, " ".join(profile_name.split())[:120])
    except IntegrityError:
        if CommunicationLog.objects.filter(dedupe_key=f"in:{sid}").exists():
            return False
        raise
    return True


def _receive(sid, phone, body, profile_name):
    now = timezone.now()
    contact = Contact.objects.locked(phone.e164, language=_language_of(body))
    log = CommunicationLog.objects.create(
        contact=contact,
        direction=CommunicationLog.Direction.IN,
        channel=Channel.WHATSAPP,
        purpose="inbound",
        dedupe_key=f"in:{sid}",
        state=State.RECEIVED,
        recipient=contact.phone,
        language=contact.language,
        body=body,
        provider_id=sid,
        accepted_at=now,
    )
    contact.last_inbound_at = now
    contact.save(update_fields=["last_inbound_at"])
    words = fold(body)
    if words in STOP:
        _stop(contact, log)
    elif words in START:
        _start(contact, log)
    else:
        inbound_received.send(sender=CommunicationLog, log=log, profile_name=profile_name)


def _stop(contact, log):
    """Stop at once, confirm once; whoever says it again is left in peace."""
    if stop(contact, source=Consent.Source.WHATSAPP):
        _confirm("stop_confirmed", contact, log)


def _start(contact, log):
    if opt_in_again(contact, source=Consent.Source.WHATSAPP):
        _confirm("start_confirmed", contact, log)


def _confirm(message, contact, log):
    queue(
        contact,
        message,
        {"centre": Profile.current().name},
        subject=f"log:{log.pk}",
        dedupe_key=f"{message}:{log.pk}",
    )


def _language_of(body):
    """Hindi when it is written in Devanagari; otherwise the language of the request."""
    if any("\u0900" <= c <= "\u097f" for c in body):
        return "hi"
    return get_language() or "en-in"
