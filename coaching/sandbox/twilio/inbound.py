"""A person writes on WhatsApp: the message is stored and posted to the product, signed."""

import uuid

from coaching.sandbox.numbers import WHATSAPP
from coaching.sandbox.times import now
from coaching.sandbox.twilio.bodies import VERSION


def write(world, number, body, button=None):
    """Stores the message and opens the 24 hour window. Returns its sid; `post` tells the product.

    `button` is the id of a quick reply that was pressed; the body is then its caption.
    """
    at, sid = now(), "SM" + uuid.uuid4().hex
    sender = WHATSAPP + number
    recipient = _last_sender(world, number)
    with world.store.together():
        world.store.touch_phone(number)
        world.store.update("phones", "number", number, last_inbound_at=at)
        world.store.insert(
            "messages",
            sid=sid,
            number=number,
            direction="inbound",
            recipient=recipient,
            sender=sender,
            body=body,
            status="received",
            created_at=at,
            sent_at=at,
            updated_at=at,
        )
        world.record(
            "message",
            at=at,
            direction="inbound",
            sid=sid,
            number=number,
            recipient=recipient,
            sender=sender,
            form={"Body": body, **({"ButtonPayload": button} if button else {})},
            accepted=True,
        )
    world.hub.changed()
    return sid


async def post(world, sid, button=None):
    """Sends a stored inbound message to the product's webhook. Returns the Answer."""
    row = world.store.one("SELECT * FROM messages WHERE sid = ?", sid)
    phone = world.store.phone(row["number"])
    params = {
        "MessageSid": sid,
        "SmsSid": sid,
        "SmsMessageSid": sid,
        "SmsStatus": "received",
        "AccountSid": world.config.account_sid,
        "ApiVersion": VERSION,
        "From": row["sender"],
        "To": row["recipient"],
        "Body": row["body"],
        "NumMedia": "0",
        "NumSegments": "1",
        "ProfileName": phone["name"] or "WhatsApp user",
        "WaId": row["number"].removeprefix("+"),
        "MessageType": "button" if button else "text",
    }
    if button:
        params["ButtonText"] = row["body"]
        params["ButtonPayload"] = button
        params["ButtonType"] = "quick_reply"
    answer = await world.webhooks.send(
        world.config.inbound_url, params, sid=sid, number=row["number"], seconds=15
    )
    if "<Message" in answer.text and answer.is_ok:
        world.record("error", sid=sid, code=12200, detail="a reply in TwiML is not simulated")
    elif not answer.is_ok:
        world.record("error", sid=sid, number=row["number"], code=11200, detail=_why(answer))
    return answer


def _why(answer):
    return answer.error or f"the inbound webhook answered {answer.status}"


def _last_sender(world, number):
    """People answer whoever wrote to them."""
    row = world.store.one(
        "SELECT sender FROM messages WHERE number = ? AND direction = 'outbound-api'"
        " AND sender LIKE 'whatsapp:%' ORDER BY id DESC LIMIT 1",
        number,
    )
    return row["sender"] if row else world.config.whatsapp_sender
