"""What Twilio refuses although its API description allows it."""

from coaching.sandbox.numbers import is_e164, is_whatsapp
from coaching.sandbox.twilio import templates
from coaching.sandbox.twilio.contract import is_callback_url
from coaching.sandbox.twilio.refusal import Refused, invalid, missing

CALL_EVENTS = {"initiated", "ringing", "answered", "completed"}
LONGEST_BODY = 1600
LONGEST_TWIML = 4000


def check_message(form, store):
    """(text, buttons) of a message that may be sent. Raises Refused."""
    sender, body, content = form.get("From"), form.get("Body"), form.get("ContentSid")
    media = form.get("MediaUrl", [])
    if not sender and not form.get("MessagingServiceSid"):
        raise missing("messages", "From")
    _check_ends(form["To"], sender)
    if "SendAt" in form or "ScheduleType" in form:
        raise Refused(35111, "SendAt: the sandbox does not schedule; send when it is due")
    if len(media) > 1 and form["To"].startswith("whatsapp:"):
        raise invalid("messages", "MediaUrl", "WhatsApp takes one")
    if content:
        if body is not None:
            raise invalid("messages", "ContentSid", "not together with Body")
        variables = templates.read_variables(form.get("ContentVariables"))
        return templates.fill(store, content, variables)
    if "ContentVariables" in form:
        raise invalid("messages", "ContentVariables", "only together with ContentSid")
    if not (body or "").strip() and not media:
        raise Refused(21602, "one of Body, MediaUrl and ContentSid is required")
    if body and len(body) > LONGEST_BODY:
        raise invalid("messages", "Body", f"{len(body)} characters, {LONGEST_BODY} allowed")
    return body or "", []


def _check_ends(to, sender):
    if not is_e164(to) and not is_whatsapp(to):
        raise invalid("messages", "To", f"{to!r} is not a valid number")
    if sender:
        if not is_e164(sender) and not is_whatsapp(sender):
            raise invalid("messages", "From", f"{sender!r} is not a valid number")
        if is_whatsapp(sender) != is_whatsapp(to):
            raise Refused(63007, "From and To must be of the same channel")
        if sender == to:
            raise Refused(21266, "To and From cannot be the same")


def check_call(form):
    """Raises Refused. Twilio lets Url win over Twiml; we refuse both as surely not meant."""
    for field in ("To", "From"):
        if not is_e164(form[field]):
            raise invalid("calls", field, f"{form[field]!r} is not a valid number")
    if form["From"].startswith("+91"):
        raise Refused(21212, "From: an Indian caller id cannot be shown on calls from abroad")
    documents = [name for name in ("Url", "Twiml", "ApplicationSid") if form.get(name)]
    if not documents:
        raise missing("calls", "Url")
    if len(documents) > 1:
        raise invalid("calls", "Url", f"only one of {' and '.join(documents)}")
    if len(form.get("Twiml", "")) > LONGEST_TWIML:
        raise invalid("calls", "Twiml", f"more than {LONGEST_TWIML} characters")
    check_call_options(form)


def check_call_options(form):
    """What creating and changing a call have in common. Raises Refused."""
    if unknown := set(form.get("StatusCallbackEvent", [])) - CALL_EVENTS:
        raise invalid("calls", "StatusCallbackEvent", f"no such event: {sorted(unknown)}")
    recording = form.get("RecordingStatusCallback")
    if recording and not is_callback_url(recording):
        raise invalid("calls", "RecordingStatusCallback", "not an absolute URL")
    if not 1 <= form.get("Timeout", 60) <= 600:
        raise invalid("calls", "Timeout", "1 to 600 seconds")
    if not 1 <= form.get("TimeLimit", 300) <= 14400:
        raise invalid("calls", "TimeLimit", "1 to 14400 seconds")
    if form.get("AsyncAmd", "false") not in {"true", "false"}:
        raise invalid("calls", "AsyncAmd", "the text true or false")
    if form.get("MachineDetection", "Enable") not in {"Enable", "DetectMessageEnd"}:
        raise invalid("calls", "MachineDetection", "Enable or DetectMessageEnd")
