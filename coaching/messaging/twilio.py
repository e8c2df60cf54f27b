"""The only file that speaks Twilio: our requests to it, its answers, its signatures, its TwiML.

Creating a message or a call is not idempotent and takes no key (Twilio API v2010), so an answer
that was lost is `OutcomeUnknown`, never "failed, try again".
"""

import datetime as dt
import re
import threading
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit, urlunsplit

import requests
from django.conf import settings
from django.urls import reverse
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.twiml.voice_response import Gather, VoiceResponse

from coaching.messaging.channels import DeliveryError, OutcomeUnknown, never_connected

VOICES = {"en-in": ("Google.en-IN-Neural2-A", "en-IN"), "hi": ("Google.hi-IN-Neural2-A", "hi-IN")}
RING_SECONDS = 28  # below the carriers' voicemail
CALL_LIMIT_SECONDS = 120  # a greeting; also what the budget reckons with
# How far our clock and Twilio's may be apart when a message of ours is looked for. What other rows
# have claimed is left out, so a wide margin costs nothing.
CLOCK_MARGIN = dt.timedelta(minutes=65)
PAGE_SIZE = 1000  # the largest that Twilio gives
MOST_PAGES = 500  # a list that does not end is no list

# What the SDK raises on a 2xx whose body is not what it should be.
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)


class _TooManyRequests(Exception):
    def __init__(self, retry_after):
        self.retry_after = retry_after


class _HttpClient(TwilioHttpClient):
    """Twilio's own client with a time-out, and another host where TWILIO_BASE_URL names one."""

    def __init__(self):
        super().__init__(timeout=settings.TWILIO_TIMEOUT_SECONDS)
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, HTTPAdapter(pool_maxsize=64))

    def request(self, method, url, *args, **kwargs):
        if settings.TWILIO_BASE_URL:
            base, asked = urlsplit(settings.TWILIO_BASE_URL), urlsplit(url)
            url = urlunsplit((base.scheme, base.netloc, asked.path, asked.query, ""))
        response = super().request(method, url, *args, **kwargs)
        if response.status_code == 429:
            raise _TooManyRequests((response.headers or {}).get("Retry-After"))
        return response


_lock = threading.Lock()


@cache
def _client():
    return Client(
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=_HttpClient()
    )


def client():
    with _lock:
        return _client()


def callback(name, log_id):
    """Return our absolute callback address that carries the row's id (the signature covers it)."""
    return f"{settings.SITE_URL}{reverse(name)}?n={log_id}"


def _whatsapp(number):
    return f"whatsapp:{number.removeprefix('whatsapp:')}"


def send_whatsapp(to, log_id, **content):
    """Create a WhatsApp message and return its SID. Raises DeliveryError or OutcomeUnknown."""
    return _create(
        client().messages.create,
        to=_whatsapp(to),
        from_=_whatsapp(settings.TWILIO_WHATSAPP_FROM),
        status_callback=callback("twilio_message_status", log_id),
        **content,
    )


def place_call(to, log_id):
    """Create a call and return its SID. Raises DeliveryError or OutcomeUnknown."""
    return _create(
        client().calls.create,
        to=to,
        from_=settings.TWILIO_VOICE_FROM,
        url=callback("twilio_voice_answer", log_id),
        method="POST",
        status_callback=callback("twilio_voice_status", log_id),
        status_callback_method="POST",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
        timeout=RING_SECONDS,
        time_limit=CALL_LIMIT_SECONDS,
    )


def _create(create, **fields):
    try:
        sid = create(**fields).sid
    except _TooManyRequests as error:
        raise DeliveryError("provider_busy", retry_after=_seconds(error.retry_after)) from error
    except TwilioRestException as error:
        raise _refusal(error) from error
    except requests.ConnectionError as error:
        if never_connected(error):
            raise DeliveryError("provider_unreachable") from error
        raise OutcomeUnknown(type(error).__name__) from error
    except (requests.RequestException, TwilioException, *UNREADABLE) as error:
        raise OutcomeUnknown(type(error).__name__) from error
    if not sid:
        raise OutcomeUnknown("an answer without a SID")
    return sid


def _refusal(error):
    """Translate an HTTP error of Twilio: 5xx and 408/409 may have been accepted all the same."""
    if error.status >= 500 or error.status in (408, 409):
        return OutcomeUnknown(f"HTTP {error.status}")
    if error.status in (401, 403):
        return DeliveryError("provider_refused_login")
    return DeliveryError(f"twilio:{error.code}", permanent=True)


def _seconds(retry_after):
    return int(retry_after) if str(retry_after or "").isdigit() else None


def find_sent(channel, to, since):
    """Return the SIDs of what the provider has for `to`, begun at `since` or later, oldest first.

    Twilio's own date filters look at when a message was sent or a call began, which is empty while
    it is queued: so the newest of this number are read, and their creation time is compared here.
    Raises DeliveryError when the provider cannot be asked right now.
    """
    earliest = since - CLOCK_MARGIN
    try:
        if channel == "whatsapp":
            sender = _whatsapp(settings.TWILIO_WHATSAPP_FROM)
            found = client().messages.list(to=_whatsapp(to), from_=sender, limit=50)
        else:
            found = client().calls.list(to=to, from_=settings.TWILIO_VOICE_FROM, limit=50)
    except (_TooManyRequests, TwilioException, requests.RequestException, *UNREADABLE) as error:
        raise DeliveryError("provider_unreachable") from error
    begun = [(row.date_created, row.sid) for row in found if row.date_created]
    return [sid for created, sid in sorted(begun) if created >= earliest]


@dataclass(frozen=True)
class Listed:
    """A message or call that the provider has; `number` and `created_at` (UTC) where readable."""

    sid: str
    number: str
    created_at: dt.datetime | None


def list_sent(channel, first, last, page_size=PAGE_SIZE):
    """Yield a Listed for all that left from our sender on the UTC dates `first` to `last`.

    Read page by page, in the provider's order; a row that makes no sense does not hide the others.
    Raises DeliveryError, perhaps after some rows, when the provider cannot be asked.
    """
    if channel == "whatsapp":
        api, field = client().messages, "date_sent"
        sender = _whatsapp(settings.TWILIO_WHATSAPP_FROM)
    else:
        api, field, sender = client().calls, "start_time", settings.TWILIO_VOICE_FROM
    dates = {f"{field}_after": first.isoformat(), f"{field}_before": last.isoformat()}
    try:
        page = api.page(from_=sender, page_size=page_size, **dates)
        for _ in range(MOST_PAGES):
            yield from _readable(page)
            page = page.next_page()
            if page is None:
                return
    except (_TooManyRequests, TwilioException, requests.RequestException, *UNREADABLE) as error:
        raise DeliveryError("provider_unreachable") from error
    raise DeliveryError("provider_unreachable")


def is_sid(text):
    """Whether `text` is an id that Twilio gives: the demo's made-up history has others."""
    return bool(re.fullmatch(r"[A-Z]{2}[0-9a-fA-F]{32}", text))


def _readable(page):
    while True:
        try:
            row = next(page, None)
            if row is None:
                return
            if is_sid(row.sid) and not str(row.direction).startswith("inbound"):
                number = re.fullmatch(r"(?:whatsapp:)?(\+[0-9]{5,15})", str(row.to))
                yield Listed(row.sid, number[1] if number else "", row.date_created)
        except UNREADABLE:
            continue


def is_genuine(request):
    """Whether `request` carries Twilio's signature over our public address and its fields."""
    if not settings.TWILIO_AUTH_TOKEN:
        return False
    return RequestValidator(settings.TWILIO_AUTH_TOKEN).validate(
        settings.SITE_URL + request.get_full_path(),
        request.POST,
        request.headers.get("X-Twilio-Signature", ""),
    )


def submit_template(name, language, text, category):
    """Create a WhatsApp template and ask for its approval; return its ContentSid.

    Raises DeliveryError with the provider's answer.
    """
    body = {
        "friendly_name": name,
        "language": language,
        "types": {"twilio/text": {"body": text}},
    }
    numbers = {str(n): f"sample {n}" for n in range(1, text.count("{{") + 1)}
    if numbers:
        body["variables"] = numbers
    base = settings.TWILIO_BASE_URL or "https://content.twilio.com"
    login = (settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN)
    try:
        created = requests.post(f"{base}/v1/Content", json=body, auth=login, timeout=10)
        created.raise_for_status()
        sid = created.json()["sid"]
        requests.post(
            f"{base}/v1/Content/{sid}/ApprovalRequests/whatsapp",
            json={"name": f"{name}_{language}".replace("-", "_"), "category": category},
            auth=login,
            timeout=10,
        ).raise_for_status()
    except (requests.RequestException, ValueError, KeyError) as error:
        raise DeliveryError(f"template not submitted: {error}") from error
    return sid


def twiml_greeting(text, language, goodbye, keypress_url):
    """Return the TwiML that greets, listens for one key, says goodbye and hangs up."""
    voice, code = VOICES[language]
    response = VoiceResponse()
    gather = Gather(input="dtmf", num_digits=1, timeout=6, action=keypress_url, method="POST")
    gather.say(text, voice=voice, language=code)
    response.append(gather)
    response.say(goodbye, voice=voice, language=code)
    response.hangup()
    return str(response)


def twiml_goodbye(text, language):
    voice, code = VOICES[language]
    response = VoiceResponse()
    response.say(text, voice=voice, language=code)
    response.hangup()
    return str(response)


def ask_for_anything():
    """Make the cheapest request that needs valid keys; raises DeliveryError when it fails."""
    try:
        client().messages.list(limit=1, page_size=1)
    except TwilioException as error:  # the SDK puts a list's HTTP answer into the arguments
        status = getattr(error.args[-1] if error.args else None, "status_code", None)
        refused = status in (401, 403)
        reason = "provider_refused_login" if refused else "provider_unreachable"
        raise DeliveryError(reason) from error
    except (_TooManyRequests, requests.RequestException, *UNREADABLE) as error:
        raise DeliveryError("provider_unreachable") from error
