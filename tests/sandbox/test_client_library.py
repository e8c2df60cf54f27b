"""The official client works against the sandbox as against Twilio."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from twilio.base.exceptions import TwilioRestException

from tests.sandbox.conftest import ASHA, CALLER, SENDER


def test_messages_are_created_fetched_and_listed(sandbox, twilio):
    sandbox.open_window()
    sent = twilio.messages.create(
        to=f"whatsapp:{ASHA}", from_=SENDER, body="One", media_url=["https://c.example/a.pdf"]
    )

    fetched = twilio.messages(sent.sid).fetch()
    hour = timedelta(hours=1)
    now = datetime.now(UTC)
    listed = twilio.messages.list(to=f"whatsapp:{ASHA}", date_sent_after=now - hour)

    assert (sent.status, sent.num_media, sent.direction) == ("queued", "1", "outbound-api")
    assert (fetched.sid, fetched.body) == (sent.sid, "One")
    assert [one.sid for one in listed] == [sent.sid]
    assert twilio.messages.list(date_sent_after=now + hour) == []
    assert twilio.messages.list(date_sent_before=now - hour) == []
    assert [one.sid for one in twilio.messages.list(date_sent=now)] == [sent.sid]
    assert twilio.messages.list(to="whatsapp:+919800000000") == []


def test_lists_are_newest_first_and_paged(sandbox, twilio):
    sandbox.open_window()
    sids = [sandbox.message(Body=str(n)).json()["sid"] for n in range(5)]

    listed = twilio.messages.list(page_size=2)

    assert [one.sid for one in listed] == sids[::-1]


def test_calls_are_created_fetched_listed_and_ended(sandbox, app, twilio):
    app.voice("<Response><Pause length='500'/></Response>")
    call = twilio.calls.create(
        to=ASHA,
        from_=CALLER,
        url=app.url + "/voice/",
        status_callback=app.url + "/status/",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
    )
    started = datetime.now(UTC) - timedelta(minutes=1)
    listed = twilio.calls.list(to=ASHA, start_time_after=started)

    twilio.calls(call.sid).update(status="completed")

    assert [one.sid for one in listed] == [call.sid]
    assert sandbox.ended(call.sid)["status"] in {"canceled", "completed"}
    assert twilio.calls(call.sid).fetch().end_time is not None


def test_a_refusal_becomes_the_librarys_exception(sandbox, twilio):
    with pytest.raises(TwilioRestException) as caught:
        twilio.messages.create(to="whatsapp:+1", from_=SENDER, body="x")

    assert (caught.value.status, caught.value.code) == (400, 21211)


def test_templates_are_registered_and_approved(sandbox, twilio):
    sid = sandbox.template("fees", "Fee due {{1}}")
    auth = (twilio.username, twilio.password)

    asked = sandbox.http.post(
        f"/v1/Content/{sid}/ApprovalRequests/whatsapp",
        content=json.dumps({"name": "fees", "category": "UTILITY"}),
        headers={"Content-Type": "application/json"},
        auth=auth,
    )

    assert asked.json()["status"] == "approved"
    approval = sandbox.http.get(f"/v1/Content/{sid}/ApprovalRequests", auth=auth).json()
    assert approval["whatsapp"]["category"] == "UTILITY"
    assert sid in [
        one["sid"] for one in sandbox.http.get("/v1/Content", auth=auth).json()["contents"]
    ]
