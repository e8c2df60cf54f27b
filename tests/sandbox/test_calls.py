"""Calls ring, follow the product's TwiML, and end the way the phone's owner wants."""

import pytest

from tests.sandbox.conftest import ASHA, until

EVENTS = ["initiated", "ringing", "answered", "completed"]
ASK = """<Response><Gather input="dtmf speech" numDigits="1" timeout="{timeout}" action="next/?c=1">
<Say language="en-IN" voice="Polly.Kajal-Neural">Press 9 to stop.</Say></Gather>
<Say>Nothing heard.</Say></Response>"""


def phone(sandbox, **behaviour):
    sandbox.control(f"phones/{ASHA}", behaviour)


def do(sandbox, sid, **act):
    return sandbox.control(f"phones/{ASHA}/calls/{sid}", act)["heard"]


def test_a_call_is_answered_and_told_about_in_order(sandbox, app):
    app.voice("<Response><Say>Namaste</Say><Pause/><Say>Goodbye</Say></Response>")

    sid = sandbox.call(
        app, StatusCallback=app.url + "/status/?n=1", StatusCallbackEvent=EVENTS, TimeLimit="300"
    )
    until(lambda: len(app.got("/status/")) == 4)

    states = ["initiated", "ringing", "in-progress", "completed"]
    assert app.got("/status/", "CallStatus") == states
    assert app.got("/status/", "SequenceNumber") == ["0", "1", "2", "3"]
    assert "CallDuration" in app.got("/status/")[3]
    assert [one["CallSid"] for one in app.got("/voice/")] == [sid]
    assert app.got("/voice/", "CallStatus") == ["in-progress"]
    assert all(app.is_signed(request) for request in app.requests)
    assert sandbox.transcript(sid) == ["Namaste", "Goodbye"]


def test_only_the_end_is_told_when_nothing_was_asked_for(sandbox, app):
    app.voice("<Response/>")
    sandbox.call(app, StatusCallback=app.url + "/status/")

    until(lambda: app.got("/status/"))

    assert app.got("/status/", "CallStatus") == ["completed"]


def test_a_pressed_key_goes_to_the_action(sandbox, app):
    app.voice(ASK.format(timeout=250))
    app.voice("<Response><Say>You pressed it.</Say><Hangup/></Response>", "/voice/next/")
    sid = sandbox.call(app)

    until(lambda: do(sandbox, sid, do="press", digits="9"))
    sandbox.ended(sid)

    assert app.got("/voice/next/", "Digits") == ["9"]
    assert sandbox.transcript(sid)[-2:] == ["pressed 9", "You pressed it."]


def test_spoken_words_go_to_the_action(sandbox, app):
    app.voice(ASK.format(timeout=250))
    app.voice("<Response><Redirect>../../end/</Redirect></Response>", "/voice/next/")
    app.voice("<Response><Say>Ten thousand rupees.</Say></Response>", "/end/")
    sid = sandbox.call(app)

    until(lambda: do(sandbox, sid, do="say", text="What does it cost?"))
    sandbox.ended(sid)

    assert app.got("/voice/next/", "SpeechResult") == ["What does it cost?"]
    assert sandbox.transcript(sid)[-2:] == ["What does it cost?", "Ten thousand rupees."]


def test_a_silent_person_falls_through_to_the_next_verb(sandbox, app):
    app.voice(ASK.format(timeout=1))

    sid = sandbox.call(app)
    sandbox.ended(sid)

    assert sandbox.transcript(sid) == ["Press 9 to stop.", "Nothing heard."]
    assert app.got("/voice/next/") == []


def test_a_silent_person_is_told_about_when_asked_for(sandbox, app):
    app.voice(
        '<Response><Gather input="speech" timeout="1" actionOnEmptyResult="true" action="/empty/"/>'
        "</Response>"
    )
    app.voice("<Response/>", "/empty/")

    sandbox.ended(sandbox.call(app))

    assert app.got("/empty/", "SpeechResult") == [""]


def test_the_time_limit_ends_the_call(sandbox, app):
    app.voice("<Response><Pause length='1000'/><Say>never said</Say></Response>")

    call = sandbox.ended(sandbox.call(app, TimeLimit="10"))

    assert (call["status"], call["duration"]) == ("completed", 10)
    assert "never said" not in [line["text"] for line in call["transcript"]]


@pytest.mark.parametrize(
    ("manner", "status"), [("no_answer", "no-answer"), ("busy", "busy"), ("manual", "no-answer")]
)
def test_a_call_nobody_takes(sandbox, app, manner, status):
    phone(sandbox, call=manner)

    call = sandbox.ended(sandbox.call(app, Timeout="5", StatusCallback=app.url + "/status/"))

    until(lambda: app.got("/status/"))
    assert call["status"] == status
    assert app.got("/status/", "CallStatus") == [status]
    assert app.got("/voice/") == []


def test_the_person_answers_by_hand_and_hangs_up(sandbox, app):
    app.voice("<Response><Say>Namaste</Say><Pause length='500'/></Response>")
    phone(sandbox, call="manual")
    sid = sandbox.call(app, Timeout="600")

    until(lambda: do(sandbox, sid, do="answer"))
    until(lambda: "Namaste" in sandbox.transcript(sid))
    assert do(sandbox, sid, do="hangup")

    assert sandbox.ended(sid)["status"] == "completed"


def test_the_person_declines(sandbox, app):
    phone(sandbox, call="manual")
    sid = sandbox.call(app, Timeout="600")

    until(lambda: do(sandbox, sid, do="decline"))

    assert sandbox.ended(sid)["status"] == "busy"
    assert not do(sandbox, sid, do="answer")


def test_a_ringing_call_can_be_taken_back(sandbox, app, twilio):
    phone(sandbox, call="manual")
    sid = sandbox.call(app, Timeout="600")

    twilio.calls(sid).update(status="canceled")

    assert sandbox.ended(sid)["status"] == "canceled"


def test_voicemail_is_reported_when_detection_was_asked_for(sandbox, app):
    app.voice("<Response/>")
    phone(sandbox, call="voicemail")

    sandbox.ended(sandbox.call(app, MachineDetection="Enable"))

    assert app.got("/voice/", "AnsweredBy") == ["machine_start"]


def test_machine_detection_beside_the_call(sandbox, app):
    app.voice("<Response><Pause length='100'/></Response>")
    sandbox.call(
        app,
        MachineDetection="Enable",
        AsyncAmd="true",
        AsyncAmdStatusCallback=app.url + "/machine/",
    )

    until(lambda: app.got("/machine/"))

    assert app.got("/machine/", "AnsweredBy") == ["human"]


@pytest.mark.parametrize(
    ("status", "answer", "code"),
    [(500, "", 11200), (200, "<Response><Say>oops", 12100), (200, "<Html/>", 12100)],
)
def test_an_application_error_ends_the_call_and_is_written_down(sandbox, app, status, answer, code):
    app.answers["/voice/"] = (status, answer)

    call = sandbox.ended(sandbox.call(app))

    assert call["status"] == "completed"
    assert [row["code"] for row in sandbox.log("error")] == [code]


def test_the_fallback_address_is_asked_when_the_first_fails(sandbox, app):
    app.answers["/voice/"] = (500, "")
    app.voice("<Response><Say>Please call back.</Say></Response>", "/fallback/")

    sid = sandbox.call(app, FallbackUrl=app.url + "/fallback/")

    assert sandbox.ended(sid)["status"] == "completed"
    assert sandbox.transcript(sid) == ["Please call back."]


def test_an_unknown_verb_is_a_violation(sandbox, app):
    app.voice("<Response><Shout>Hello</Shout></Response>")

    sandbox.ended(sandbox.call(app))

    assert ["Shout" in row["detail"] for row in sandbox.log("violation")] == [True]


def test_inline_twiml_needs_absolute_actions(sandbox, app):
    document = '<Response><Gather timeout="1" actionOnEmptyResult="true" action="/x/"/></Response>'

    sandbox.ended(sandbox.call(app, Url=None, Twiml=document))

    assert [row["code"] for row in sandbox.log("error")] == [11100]
