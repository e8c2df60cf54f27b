"""Logs tell what happened and to which row, never whose number it was."""

import logging

import pytest

from coaching.common.logs import redact, without_personal_data

# Far from the code that uses them: an error report quotes the lines around the error.
NAME, PHONE, EMAIL = "Asha Rao", "98765 43210", "asha@example.com"


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("to +919876543210 failed", "to [phone] failed"),
        ("whatsapp:+91 98765 43210", "[phone]"),
        ("mail asha.rao@example.com bounced", "mail [email] bounced"),
        ("GET /unsubscribe/Mzg:1xVJJV:w0iy/", "GET /unsubscribe/[key]/"),
        ("GET /payments/pay/8VARrJ4B2DorZhMpy8C4LQ/", "GET /payments/pay/[key]/"),
        ("GET /payments/receipts/8VARrJ4B2Dor/pdf/", "GET /payments/receipts/[key]/pdf/"),
        ("GET /payments/return/P7-58c3b9d564693b7a/", "GET /payments/return/[key]/"),
        ("POST /enquiries/Mzg:1xVJJV:w0iy/?lang=hi", "POST /enquiries/[key]/?lang=hi"),
        ("n=01a2061c-798a-7f1f-a71d-fd8bf69badc8", "n=01a2061c-798a-7f1f-a71d-fd8bf69badc8"),
        ("took 1234 ms on port 8000", "took 1234 ms on port 8000"),
    ],
)
def test_numbers_addresses_and_keys_are_taken_out(line, kept):
    assert redact(line) == kept


def test_personal_fields_are_removed_whatever_they_hold():
    event = without_personal_data(None, None, {"event": "x", "phone": "1", "name": "Asha", "n": 3})

    assert event == {"event": "x", "phone": "[removed]", "name": "[removed]", "n": 3}


def test_a_whole_enquiry_leaves_no_number_in_the_log(product, capfd):
    handler = logging.getLogger().handlers[0]
    handler.flush()
    product.ask(email="asha.rao@example.com")
    product.work()
    product.settles("whatsapp", "read")

    written = "".join(capfd.readouterr())

    assert "98765" not in written
    assert "asha.rao" not in written


def test_an_error_report_carries_no_form_and_no_row(client, centre, monkeypatch):
    import sentry_sdk

    from coaching.common.logs import without_people

    sent = []

    def broken(**_):
        raise RuntimeError(f"{EMAIL}\nDETAIL: Failing row contains ({NAME}, {PHONE})")

    monkeypatch.setattr("leads.views.capture_lead", broken)
    client.raise_request_exception = False
    sentry_sdk.init(
        "https://key@sentry.invalid/1",
        max_request_body_size="never",
        include_local_variables=False,
        before_send=lambda event, hint: sent.append(without_people(event, hint)),
    )
    try:
        answer = client.post("/enquiries/", {"name": NAME, "phone": PHONE, "consent": "on"})
    finally:
        sentry_sdk.init()

    assert answer.status_code == 500
    assert sent
    for personal in (NAME, PHONE, EMAIL):
        assert personal not in str(sent)
