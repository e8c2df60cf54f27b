"""People write, the mailbox fills, the page shows it."""

import smtplib
from email.message import EmailMessage

import pytest

from tests.sandbox.conftest import ASHA, until

INBOUND = "/webhooks/twilio/inbound/"


def mail(**headers):
    message = EmailMessage()
    message["From"] = "Centre <desk@centre.example>"
    message["To"] = "asha@example.com"
    message["Subject"] = "Your syllabus"
    message["Message-ID"] = "<lead-12@centre.example>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Dear Asha")
    message.add_alternative("<p style='color: red'>Dear <b>Asha</b></p>", subtype="html")
    return message


def deliver(sandbox, message, timeout=5):
    with smtplib.SMTP("127.0.0.1", sandbox.process.smtp_port, timeout=timeout) as server:
        server.send_message(message)


def test_a_person_writes_and_the_product_is_told(sandbox, app):
    sandbox.control(f"phones/{ASHA}", {"name": "Asha"})

    answer = sandbox.control(f"phones/{ASHA}/whatsapp", {"body": "What does it cost?"})

    told = app.got(INBOUND)
    assert answer["webhook_status"] == 204
    assert [one["MessageSid"] for one in told] == [answer["sid"]]
    assert (told[0]["From"], told[0]["Body"]) == (f"whatsapp:{ASHA}", "What does it cost?")
    assert (told[0]["ProfileName"], told[0]["WaId"]) == ("Asha", ASHA[1:])
    assert app.is_signed(app.requests[0])


def test_a_quick_reply_carries_its_id(sandbox, app):
    reply = {"body": "Yes, please", "button": "yes"}

    sandbox.control(f"phones/{ASHA}/whatsapp", reply)

    told = app.got(INBOUND)[0]
    assert (told["ButtonPayload"], told["ButtonText"]) == ("yes", "Yes, please")


def test_writing_opens_the_window(sandbox, app):
    sandbox.control(f"phones/{ASHA}/whatsapp", {"body": "Hello"})

    sandbox.message(StatusCallback=app.url + "/status/")
    until(lambda: "read" in app.got("/status/", "MessageStatus"))


def test_an_inbound_webhook_that_fails_is_written_down(sandbox, app):
    app.answers[INBOUND] = (500, "")

    sandbox.control(f"phones/{ASHA}/whatsapp", {"body": "Hello"})

    assert [row["code"] for row in sandbox.log("error")] == [11200]


def test_a_mail_arrives_with_all_its_parts(sandbox):
    deliver(sandbox, mail(List_Unsubscribe="<https://centre.example/u/1>"))

    found = sandbox.http.get("/control/mails", params={"to": "Asha@example.com"}).json()

    assert [one["subject"] for one in found] == ["Your syllabus"]
    assert found[0]["text"].strip() == "Dear Asha"
    assert "<b>Asha</b>" in found[0]["html"]
    assert found[0]["headers"]["List-Unsubscribe"] == "<https://centre.example/u/1>"
    row = sandbox.log("mail", to="asha@example.com")[0]
    assert (row["accepted"], row["form"]["Message-ID"]) == (True, "<lead-12@centre.example>")
    assert row["answered_at"] >= row["at"]


@pytest.mark.parametrize(("what", "code"), [("450", 450), ("550", 550)])
def test_a_recipient_can_be_refused(sandbox, what, code):
    sandbox.control("faults", {"target": "smtp", "what": what, "to": "asha@example.com"})

    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        deliver(sandbox, mail())

    assert caught.value.recipients["asha@example.com"][0] == code
    deliver(sandbox, mail())
    assert [row["accepted"] for row in sandbox.log("mail")] == [False, True]


@pytest.mark.parametrize(
    ("what", "kept"),
    [("reset_before", 0), ("reset_after", 1), ("hang_before", 0), ("hang_after", 1)],
)
def test_a_mail_connection_can_break(sandbox, what, kept):
    sandbox.control("faults", {"target": "smtp", "what": what, "seconds": 5})

    with pytest.raises((smtplib.SMTPServerDisconnected, OSError)):
        deliver(sandbox, mail(), timeout=0.3)

    assert len(sandbox.http.get("/control/mails").json()) == kept


def test_the_page_shows_a_phone_with_messages_calls_and_mails(sandbox, app):
    app.voice("<Response><Say>Namaste from the centre</Say></Response>")
    deliver(sandbox, mail(X_Sandbox_Phone=ASHA))
    sandbox.open_window()
    sandbox.message(Body="Fees: <b>₹10,000</b>")
    sandbox.ended(sandbox.call(app))

    page = sandbox.http.get(f"/phones/{ASHA}").text

    assert "Fees: &lt;b&gt;₹10,000&lt;/b&gt;" in page
    assert "Namaste from the centre" in page
    assert "Your syllabus" in page
    assert ASHA in sandbox.http.get("/").text
    body = sandbox.http.get("/mails/1/body")
    assert "sandbox" in body.headers["Content-Security-Policy"]
    assert "<b>Asha</b>" in body.text


def test_the_pages_forms_work_without_javascript(sandbox, app):
    started = sandbox.http.post("/phones", data={"number": "98765 43210", "body": "Hello"})
    replied = sandbox.http.post(f"/phones/{ASHA}/whatsapp", data={"body": "Anyone there?"})
    changed = sandbox.http.post(f"/phones/{ASHA}/settings", data={"call": "manual", "name": "Asha"})

    assert [one.status_code for one in (started, replied, changed)] == [303, 303, 303]
    assert started.headers["location"] == f"/phones/{ASHA}"
    until(lambda: sorted(app.got(INBOUND, "Body")) == ["Anyone there?", "Hello"])
    assert sandbox.control(f"phones/{ASHA}", method="GET")["call"] == "manual"


def test_the_page_allows_no_inline_scripts_or_styles(sandbox):
    response = sandbox.http.get("/")

    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert "<style" not in response.text
    assert " style=" not in response.text


def test_links_can_be_tapped_and_whatsapps_own_markup_is_shown(sandbox):
    sandbox.open_window()
    sandbox.message(Body="*Fee*: pay at https://centre.example/p/_a_b_?x=1&y=2. <i>soon</i>")

    page = sandbox.http.get(f"/phones/{ASHA}").text

    assert "<strong>Fee</strong>: pay at" in page
    address = "https://centre.example/p/_a_b_?x=1&amp;y=2"
    assert f'<a href="{address}" target="_blank" rel="noopener">{address}</a>.' in page
    assert "&lt;i&gt;soon&lt;/i&gt;" in page
