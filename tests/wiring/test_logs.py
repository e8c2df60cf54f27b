"""Logs tell what happened and to which row, never whose number it was."""

import logging

import pytest

from coaching.common.logs import redact, without_personal_data


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("to +919876543210 failed", "to [phone] failed"),
        ("whatsapp:+91 98765 43210", "[phone]"),
        ("mail asha.rao@example.com bounced", "mail [email] bounced"),
        ("GET /unsubscribe/Mzg:1xVJJV:w0iy/", "GET /unsubscribe/[key]/"),
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
