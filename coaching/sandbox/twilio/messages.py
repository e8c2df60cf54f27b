"""The life of a message: accepted, sent, delivered, read, or not, with a callback for each."""

import uuid

from coaching.sandbox.numbers import WHATSAPP, bare
from coaching.sandbox.times import now
from coaching.sandbox.twilio.bodies import VERSION
from coaching.sandbox.twilio.receipts import Receipts
from coaching.sandbox.twilio.refusal import WORDS
from coaching.sandbox.twilio.templates import window_is_open

# (seconds after the step before, status, error code) for each way a phone can behave.
SENT, DELIVERED, READ = (0.3, "sent", None), (0.7, "delivered", None), (2.5, "read", None)
WAYS = {
    "ok": (SENT, DELIVERED, READ),
    "unread": (SENT, DELIVERED),
    "unreachable": (SENT, (1.0, "undelivered", 63024)),
    "blocked": (SENT, (0.7, "undelivered", 63014)),
}
SMS_WAY = (SENT, DELIVERED)
RANK = {"accepted": 0, "queued": 0, "sent": 1, "delivered": 2, "read": 3}
RESUMED_FOR = 10 * 60 * 1000


def accept(world, form, text, buttons, fails_with=None):
    """Stores a checked message; `fails_with` is the error its callback shall report."""
    number, at = bare(form["To"]), now()
    world.store.touch_phone(number)
    is_free_text = "ContentSid" not in form and form["To"].startswith(WHATSAPP)
    if fails_with is None and is_free_text and not window_is_open(world.store.phone(number)):
        fails_with = 63016
    media = form.get("MediaUrl", [])
    sid = ("MM" if media else "SM") + uuid.uuid4().hex
    world.store.insert(
        "messages",
        sid=sid,
        number=number,
        direction="outbound-api",
        recipient=form["To"],
        sender=form.get("From"),
        service_sid=form.get("MessagingServiceSid"),
        body=text,
        media=media,
        buttons=buttons,
        status="queued" if form.get("From") else "accepted",
        callback=form.get("StatusCallback"),
        fate=fails_with,
        created_at=at,
        updated_at=at,
    )
    return sid


def by_sid(world, sid):
    return world.store.one("SELECT * FROM messages WHERE sid = ?", sid)


async def deliver(world, sid, reported=None):
    """Takes a message from where it is to its end. Sets `reported` after the first callback."""
    row = by_sid(world, sid)
    receipts = Receipts(world, row["callback"], sid, row["number"])
    is_first = reported is not None
    for wait, status, error in _way(world, row):
        if RANK.get(status, 9) <= RANK.get(row["status"], 9):
            continue  # done before a restart
        await world.wait(0 if is_first else wait)
        _move(world, sid, status, error)
        await receipts.report(_receipt(world, row, status, error))
        if is_first:
            reported.set()
            is_first = False
    await receipts.finish()
    if reported is not None:
        reported.set()


def unfinished(world):
    """Messages a restart caught on their way."""
    rows = world.store.all(
        "SELECT sid FROM messages WHERE direction = 'outbound-api' AND created_at > ?"
        " AND status IN ('accepted', 'queued', 'sent', 'delivered') ORDER BY id",
        now() - RESUMED_FOR,
    )
    return [row["sid"] for row in rows]


def _way(world, row):
    if row["fate"]:
        status = "failed" if row["fate"] == 63016 else "undelivered"
        return ((0.5, status, row["fate"]),)
    if not row["recipient"].startswith(WHATSAPP):
        return SMS_WAY
    phone = world.store.phone(row["number"])
    return WAYS[phone["whatsapp"] if phone else "ok"]


def _move(world, sid, status, error):
    at = now()
    with world.store.together():
        world.store.update("messages", "sid", sid, status=status, error_code=error, updated_at=at)
        if status == "sent":
            world.store.update("messages", "sid", sid, sent_at=at)
    world.hub.changed()


def _receipt(world, row, status, error):
    sender = row["sender"] or world.config.whatsapp_sender
    params = {
        "MessageSid": row["sid"],
        "SmsSid": row["sid"],
        "AccountSid": world.config.account_sid,
        "From": sender,
        "To": row["recipient"],
        "MessageStatus": status,
        "SmsStatus": status,
        "ApiVersion": VERSION,
    }
    if row["service_sid"]:
        params["MessagingServiceSid"] = row["service_sid"]
    if row["recipient"].startswith(WHATSAPP):
        params["ChannelPrefix"] = "whatsapp"
        params["ChannelInstallSid"] = "XE" + "5a" * 16
        if status in {"delivered", "read"}:
            params["EventType"] = status.upper()
    if error:
        params["ErrorCode"] = str(error)
        params["ErrorMessage"] = WORDS.get(error, "")
        params["ChannelStatusMessage"] = WORDS.get(error, "")
    return params
