"""Callbacks: genuine or refused, stored once, applied forward only."""

import base64
import hashlib
import hmac

import pytest
from django.test import Client

from coaching.accounts.models import Contact
from coaching.messaging.models import CommunicationLog, DeliveryReceipt, State

SID = "SM" + "1" * 32


def signature(settings, path, fields, token=None):
    """Sign as Twilio does, written from its description rather than with its library."""
    text = settings.SITE_URL + path + "".join(k + fields[k] for k in sorted(fields))
    key = (token or settings.TWILIO_AUTH_TOKEN).encode()
    return base64.b64encode(hmac.new(key, text.encode(), hashlib.sha1).digest()).decode()


@pytest.fixture
def log(db):
    contact = Contact.objects.having("+919876543210")
    return CommunicationLog.objects.create(
        contact=contact, channel="whatsapp", purpose="enquiry_welcome", dedupe_key="k",
        recipient=contact.phone, state=State.SENT, provider_id=SID,
    )  # fmt: skip


@pytest.fixture
def tell(client, settings, log):
    """Deliver one status callback as Twilio would."""

    def post(status, *, sid=SID, token=None, path=None, **fields):
        path = path or f"/webhooks/twilio/message-status/?n={log.pk}"
        fields = {"MessageSid": sid, "MessageStatus": status, **fields}
        headers = {"X-Twilio-Signature": signature(settings, path, fields, token)}
        answer = client.post(path, fields, headers=headers)
        log.refresh_from_db()
        return answer.status_code

    return post


def test_a_genuine_receipt_is_applied(tell, log):
    assert tell("delivered") == 204

    assert log.state == State.DELIVERED
    assert log.delivered_at


@pytest.mark.parametrize("token", ["wrong", "sandbox-auth-token "])
def test_a_forged_receipt_is_refused_and_changes_nothing(tell, log, token):
    assert tell("delivered", token=token) == 403

    assert log.state == State.SENT
    assert DeliveryReceipt.objects.count() == 0


def test_a_receipt_without_a_signature_is_refused(client, log):
    answer = client.post(f"/webhooks/twilio/message-status/?n={log.pk}", {"MessageSid": SID})

    assert answer.status_code == 403


def test_a_receipt_for_another_row_needs_its_own_signature(client, settings, log):
    path = f"/webhooks/twilio/message-status/?n={log.pk}"
    fields = {"MessageSid": SID, "MessageStatus": "read"}
    sign = signature(settings, path.replace(str(log.pk)[:8], "00000000"), fields)

    answer = client.post(path, fields, headers={"X-Twilio-Signature": sign})

    assert answer.status_code == 403


def test_a_receipt_told_twice_is_stored_once(tell, log):
    tell("delivered")
    first = log.delivered_at

    tell("delivered")

    assert DeliveryReceipt.objects.count() == 1
    assert log.delivered_at == first


def test_receipts_out_of_order_only_move_forward(tell, log):
    tell("read")
    tell("delivered")
    tell("sent")

    assert log.state == State.READ
    assert DeliveryReceipt.objects.count() == 3


def test_failed_after_delivered_is_not_believed(tell, log):
    tell("delivered")
    tell("failed", ErrorCode="63024")

    assert log.state == State.DELIVERED


def test_a_receipt_of_an_earlier_attempt_does_not_move_the_row(tell, log):
    tell("delivered", sid="SM" + "2" * 32)

    assert log.state == State.SENT
    assert DeliveryReceipt.objects.count() == 1


def test_a_receipt_for_a_row_that_is_gone_is_stored(tell):
    path = "/webhooks/twilio/message-status/?n=00000000-0000-7000-8000-000000000000"

    assert tell("delivered", path=path) == 204
    assert DeliveryReceipt.objects.get().log is None


def test_an_unknown_status_is_stored_and_changes_nothing(tell, log):
    assert tell("teleported") == 204

    assert log.state == State.SENT


def test_a_passing_whatsapp_error_is_tried_again_later(tell, log):
    tell("undelivered", ErrorCode="63018")

    assert (log.state, log.reason, log.provider_id) == (State.PENDING, "twilio:63018", "")


def test_a_lasting_whatsapp_error_fails_with_its_reason(tell, log):
    tell("undelivered", ErrorCode="63024")

    assert (log.state, log.reason) == (State.FAILED, "twilio:63024")


@pytest.mark.parametrize(
    "path",
    ["message-status/", "inbound/", "voice/answer/", "voice/keypress/", "voice/status/"],
)
def test_every_twilio_address_refuses_strangers(client, db, path):
    assert client.post(f"/webhooks/twilio/{path}", {"From": "whatsapp:+91"}).status_code == 403
    assert client.get(f"/webhooks/twilio/{path}").status_code == 405


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("voice/status", {"CallSid": "CA1", "CallStatus": "completed", "CallDuration": "²"}),
        ("voice/status", {"CallSid": "CA1", "CallStatus": "completed", "CallDuration": "9" * 30}),
        ("message-status", {"MessageSid": "a\x00", "MessageStatus": "sent"}),
        ("message-status", {"MessageSid": "a" * 300, "MessageStatus": "sent"}),
        ("message-status", {"MessageSid": "a", "MessageStatus": "se\x00nt"}),
        ("inbound", {"MessageSid": "a\x00", "From": "whatsapp:+919876543210", "Body": "x"}),
        ("inbound", {"MessageSid": "a" * 300, "From": "whatsapp:+919876543210", "Body": "x"}),
        (
            "inbound",
            {"MessageSid": "a", "From": "whatsapp:+919876543210", "ProfileName": "n" * 300},
        ),
    ],
)
def test_odd_fields_of_a_signed_callback_are_taken_without_an_error(centre, settings, path, fields):
    path = f"/webhooks/twilio/{path}/"
    headers = {"X-Twilio-Signature": signature(settings, path, fields)}

    answer = Client(raise_request_exception=False).post(path, fields, headers=headers)

    assert answer.status_code in (200, 204)
