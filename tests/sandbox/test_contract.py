"""What Twilio refuses, the sandbox refuses too, and writes down as a violation."""

import pytest

from tests.sandbox.conftest import ASHA, CALLER, SENDER

HELLO = {"To": f"whatsapp:{ASHA}", "From": SENDER, "Body": "Hello"}
RING = {"To": ASHA, "From": CALLER, "Url": "https://centre.example/voice/"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Frm": SENDER}, 20001),
        ({"To": None}, 21604),
        ({"From": None}, 21603),
        ({"Body": None}, 21602),
        ({"Body": " "}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"To": ASHA}, 63007),
        ({"To": "whatsapp:98765"}, 21211),
        ({"StatusCallback": "/webhooks/"}, 21609),
        ({"StatusCallback": "https://my_host.example/"}, 21609),
        ({"ContentSid": "HX" + "0" * 32}, 21655),
        ({"Body": None, "ContentSid": "nope"}, 21655),
        ({"Body": None, "ContentSid": "HX" + "0" * 32}, 21655),
        ({"ValidityPeriod": "soon"}, 20001),
        ({"ScheduleType": "someday"}, 20001),
    ],
)
def test_a_message_that_twilio_would_refuse_is_refused(sandbox, change, code):
    response = sandbox.message(**change)

    assert response.status_code == 400
    assert response.json()["code"] == code
    assert [row["code"] for row in sandbox.log("violation")] == [code]
    assert [row["accepted"] for row in sandbox.log("message")] == [False]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Colour": "red"}, 20001),
        ({"From": None}, 21213),
        ({"Url": None}, 21205),
        ({"Twiml": "<Response/>"}, 21205),
        ({"Url": "/voice/"}, 21205),
        ({"From": "+919811111111"}, 21212),
        ({"Timeout": "601"}, 20001),
        ({"TimeLimit": "long"}, 20001),
        ({"AsyncAmd": "yes"}, 20001),
        ({"StatusCallbackEvent": "initiated ringing"}, 21626),
        ({"StatusCallbackMethod": "PUT"}, 20001),
        ({"RecordingStatusCallback": "somewhere"}, 20001),
    ],
)
def test_a_call_that_twilio_would_refuse_is_refused(sandbox, change, code):
    fields = {k: v for k, v in (RING | change).items() if v is not None}

    response = sandbox.post("Calls", fields)

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert [row["code"] for row in sandbox.log("violation")] == [code]


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        (None, 63028),
        ('{"1": "Asha", "2": "more"}', 63028),
        ('{"1": ""}', 21656),
        ('{"1": "two\\nlines"}', 21656),
        ('{"1": 5}', 21656),
        ("[1]", 21656),
        ("not json", 21656),
        ('{"1": "%s"}' % ("x" * 1020), 63021),
    ],
)
def test_variables_must_fit_the_template(sandbox, variables, code):
    sid = sandbox.template("greeting", "Hello {{1}}")

    response = sandbox.message(Body=None, ContentSid=sid, ContentVariables=variables)

    assert (response.status_code, response.json()["code"]) == (400, code)


def test_a_template_keeps_its_sid_and_takes_new_words(sandbox):
    first = sandbox.template("greeting", "Hello {{1}}")
    second = sandbox.template("greeting", "Namaste {{1}}")

    answer = sandbox.message(Body=None, ContentSid=second, ContentVariables='{"1": "Asha"}')

    assert first == second
    assert answer.json()["body"] == "Namaste Asha"


def test_templates_survive_a_reset(sandbox):
    sid = sandbox.template("greeting", "Hello {{1}}")

    sandbox.control("reset")

    answer = sandbox.message(Body=None, ContentSid=sid, ContentVariables='{"1": "Asha"}')
    assert answer.status_code == 201


def test_a_wrong_token_is_turned_away(sandbox):
    response = sandbox.http.post(
        "/2010-04-01/Accounts/AC" + "5a" * 16 + "/Messages.json", data=HELLO, auth=("AC", "no")
    )

    assert (response.status_code, response.json()["code"]) == (401, 20003)


def test_another_sites_name_is_refused(sandbox):
    assert sandbox.http.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert sandbox.http.get("/", headers={"Host": "localhost:1234"}).status_code == 200
    stranger = {"Origin": "https://evil.example"}
    assert sandbox.http.post("/control/reset", headers=stranger).status_code == 403
