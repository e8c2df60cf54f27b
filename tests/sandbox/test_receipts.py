"""Status callbacks: signed, and as unreliable as a test wants them."""

import time

import pytest

from tests.sandbox.conftest import ASHA, until

PATH = "/status/"


def send(sandbox, app, **form):
    sandbox.open_window()
    return sandbox.message(StatusCallback=f"{app.url}{PATH}?n=7", **form)


def statuses(app):
    return app.got(PATH, "MessageStatus")


def test_every_step_is_reported_signed_and_in_order(sandbox, app):
    sid = send(sandbox, app).json()["sid"]

    until(lambda: len(statuses(app)) == 3)

    assert statuses(app) == ["sent", "delivered", "read"]
    assert {one["MessageSid"] for one in app.got(PATH)} == {sid}
    assert all(app.is_signed(request) for request in app.requests)
    assert [request[0] for request in app.requests] == [f"{PATH}?n=7"] * 3


def test_a_forged_signature_does_not_validate(sandbox, app):
    send(sandbox, app)
    path, params, headers, at = until(lambda: app.requests and app.requests[0])

    assert not app.is_signed((path, params | {"MessageStatus": "failed"}, headers, at))


def test_doubled_callbacks(sandbox, app):
    sandbox.control("behaviour", {"callbacks": {"double": True}})
    send(sandbox, app)

    until(lambda: len(statuses(app)) == 6)

    assert statuses(app) == ["sent", "sent", "delivered", "delivered", "read", "read"]


def test_shuffled_callbacks_never_come_in_the_right_order(sandbox, app):
    sandbox.control("behaviour", {"callbacks": {"shuffle": True}})
    send(sandbox, app)

    until(lambda: len(statuses(app)) == 3)

    assert sorted(statuses(app)) == ["delivered", "read", "sent"]
    assert statuses(app) != ["sent", "delivered", "read"]


def test_dropped_callbacks_leave_the_status_to_be_asked_for(sandbox, app, twilio):
    sandbox.control("behaviour", {"callbacks": {"drop": True}})
    sid = send(sandbox, app).json()["sid"]

    until(lambda: twilio.messages(sid).fetch().status == "read")

    assert statuses(app) == []


def test_an_early_callback_comes_before_the_answer(sandbox, app):
    sandbox.control("behaviour", {"callbacks": {"early": True}})
    send(sandbox, app)
    answered = time.time()

    assert app.requests[0][3] < answered
    assert statuses(app)[0] == "sent"


def test_an_answer_can_be_slow(sandbox, app):
    sandbox.control("behaviour", {"latency_ms": 300})
    began = time.monotonic()

    send(sandbox, app)

    assert time.monotonic() - began >= 0.3
    row = sandbox.log("message")[0]
    assert row["answered_at"] - row["at"] >= 300


@pytest.mark.parametrize(
    ("manner", "told"),
    [
        ("unread", [("sent", None), ("delivered", None)]),
        ("unreachable", [("sent", None), ("undelivered", "63024")]),
        ("blocked", [("sent", None), ("undelivered", "63014")]),
    ],
)
def test_a_phone_behaves_as_it_was_set(sandbox, app, manner, told):
    sandbox.control(f"phones/{ASHA}", {"whatsapp": manner})
    send(sandbox, app)

    until(lambda: len(statuses(app)) == len(told))

    found = [(one["MessageStatus"], one.get("ErrorCode")) for one in app.got(PATH)]
    assert found == told


def test_free_text_outside_the_window_fails_later(sandbox, app):
    answer = sandbox.message(StatusCallback=app.url + PATH)

    told = until(lambda: app.got(PATH))

    assert answer.status_code == 201
    assert (told[0]["MessageStatus"], told[0]["ErrorCode"]) == ("failed", "63016")


def test_a_template_needs_no_window(sandbox, app):
    sid = sandbox.template("greeting", "Hello {{1}}")
    sandbox.message(
        Body=None,
        ContentSid=sid,
        ContentVariables='{"1": "Asha"}',
        StatusCallback=app.url + PATH,
    )

    until(lambda: "read" in statuses(app))
