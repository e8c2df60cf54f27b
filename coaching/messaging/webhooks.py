"""What providers send us. Verify, store once, answer; a stranger gets 403 and no detail."""

import re
import uuid
from contextlib import suppress
from functools import wraps

from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseForbidden
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from coaching.accounts.models import Consent
from coaching.centre.models import Profile
from coaching.messaging import inbound, receipts, twilio
from coaching.messaging.catalogue import language_of, text_of
from coaching.messaging.models import Channel, CommunicationLog
from coaching.messaging.services import stop


def from_twilio(view):
    """Let only POSTs with Twilio's signature through."""

    @csrf_exempt
    @require_POST
    @wraps(view)
    def guarded(request):
        if not twilio.is_genuine(request):
            return HttpResponseForbidden()
        return view(request)

    return guarded


def _row_id(request):
    try:
        return uuid.UUID(request.GET.get("n", ""))
    except ValueError:
        return None


def _text(request, name, length=255):
    """Return a field of the callback as our columns can hold it: untrusted, though signed."""
    return request.POST.get(name, "").replace("\x00", "")[:length]


def _seconds(request, name):
    text = _text(request, name)
    return int(text) if re.fullmatch("[0-9]{1,6}", text) else None


@from_twilio
def message_status(request):
    receipts.store(
        _row_id(request),
        _text(request, "MessageSid"),
        _text(request, "MessageStatus", 40),
        error_code=_text(request, "ErrorCode", 20),
    )
    return HttpResponse(status=204)


@from_twilio
def inbound_message(request):
    with suppress(ValidationError):  # no telephone number: nobody we could answer
        inbound.receive(
            sid=_text(request, "MessageSid", 64),
            sender=request.POST.get("From", ""),
            body=request.POST.get("ButtonPayload") or request.POST.get("Body", ""),
            profile_name=request.POST.get("ProfileName", ""),
            media_count=request.POST.get("NumMedia", "0"),
        )
    return HttpResponse("<Response/>", content_type="text/xml")


@from_twilio
def voice_status(request):
    receipts.store(
        _row_id(request),
        _text(request, "CallSid"),
        _text(request, "CallStatus", 40),
        error_code=_text(request, "ErrorCode", 20),
        duration=_seconds(request, "CallDuration"),
    )
    return HttpResponse(status=204)


def _call(request):
    return (
        CommunicationLog.objects.select_related("contact")
        .filter(pk=_row_id(request), channel=Channel.VOICE)
        .first()
    )


def _twiml(text):
    return HttpResponse(text, content_type="text/xml")


@from_twilio
def voice_answer(request):
    """The person has picked up: greet them and say how to stop. The conversation starts here."""
    log = _call(request)
    if log is None:
        return _twiml(twilio.twiml_goodbye("Sorry, this call was a mistake. Goodbye.", "en-in"))
    language = language_of(log.language)
    with override(language):
        goodbye = _("Thank you. We have sent the details on WhatsApp. Goodbye!")
    keypress = twilio.callback("twilio_voice_keypress", log.pk)
    return _twiml(twilio.twiml_greeting(text_of(log), language, goodbye, keypress))


@from_twilio
def voice_keypress(request):
    """9 is a stop for every channel; any other key ends the call politely."""
    log = _call(request)
    language = language_of(log.language) if log else "en-in"
    with override(language):
        if log and request.POST.get("Digits") == "9":
            stop(log.contact, source=Consent.Source.CALL)
            text = _("Done: we will not call or message you again. Goodbye.")
        else:
            centre = Profile.current().name
            text = _("Thank you for your interest in %(centre)s. Goodbye!") % {"centre": centre}
    return _twiml(twilio.twiml_goodbye(text, language))
