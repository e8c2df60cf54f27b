"""Rubbish at every public address: a clear 4xx or a working page, never a 5xx, nothing half-saved.

In-process, so that even what no real server lets through (a NUL in a header) meets the product.
"""

import pytest
from django.core import signing
from django.test import Client
from twilio.request_validator import RequestValidator

from coaching.accounts.models import Contact
from leads.models import Enquiry, Lead
from tests.hostile.rubbish import (
    BODIES,
    DOORS,
    FORM,
    HEADERS,
    ODD_JSON,
    ODD_TWILIO,
    PAGES,
    PATHS,
    QUERIES,
)  # fmt: skip

API = "/public/leads"
GOOD = {"name": "Asha Rao", "phone": "98765 43210", "consent": True}


@pytest.fixture
def visitor(centre):
    """A browser that shows us every crash as the 500 it would be."""
    return Client(raise_request_exception=False)


def is_fine(answer):
    return answer.status_code < 500


@pytest.mark.parametrize("body", BODIES, ids=str)
def test_a_rubbish_body_is_a_clear_4xx_at_every_door(visitor, body):
    kind, data = BODIES[body]

    answers = {door: visitor.generic("POST", door, data, content_type=kind) for door in DOORS}

    assert {door: a.status_code for door, a in answers.items() if not is_fine(a)} == {}
    assert 400 <= answers[API].status_code < 500
    assert isinstance(answers[API].json(), dict)
    assert 400 <= answers["/enquiries/"].status_code < 500
    assert answers["/enquiries/"].content
    assert not Lead.objects.exists()


@pytest.mark.parametrize("name", HEADERS)
def test_rubbish_in_a_header_breaks_no_page_and_no_door(visitor, name):
    answers = {page: visitor.get(page, headers=HEADERS[name]) for page in PAGES}
    answers |= {
        f"POST {door}": visitor.post(door, {"name": "x"}, headers=HEADERS[name]) for door in DOORS
    }

    assert {page: a.status_code for page, a in answers.items() if not is_fine(a)} == {}


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:20])
def test_rubbish_in_the_query_breaks_no_page(visitor, query):
    answers = {page: visitor.generic("GET", page, QUERY_STRING=query) for page in PAGES + DOORS}

    assert {page: a.status_code for page, a in answers.items() if not is_fine(a)} == {}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:30])
def test_rubbish_in_the_address_is_a_4xx(visitor, path):
    assert visitor.get(path).status_code in (302, 400, 404)
    assert visitor.post(path).status_code in (302, 400, 403, 404, 405)


@pytest.mark.parametrize(
    "key",
    ["\x00", "a\x00b", "\ud800", "k" * 256, "k" * 9000, "\xff" * 255, "%00", "'; --", "\x7f"],
    ids=ascii,
)
def test_a_rubbish_idempotency_key_is_a_key_or_422(visitor, key):
    answer = visitor.post(API, GOOD, "application/json", headers={"Idempotency-Key": key})

    assert answer.status_code in (201, 422)
    assert Lead.objects.count() == (answer.status_code == 201)


@pytest.mark.parametrize("text", ODD_JSON, ids=ascii)
def test_odd_json_is_422_and_names_the_field(visitor, text):
    answer = visitor.post(API, text, content_type="application/json")

    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == ODD_JSON[text]
    assert not Lead.objects.exists()


def test_words_beside_the_contract_are_ignored_and_nothing_is_lost(visitor):
    body = {**GOOD, "__proto__": {"admin": True}, "status": "enrolled", "id": 7, "\x00": "\x00"}

    answer = visitor.post(API, body, content_type="application/json")

    assert answer.status_code == 201
    assert Lead.objects.get().status == "new"
    assert Enquiry.objects.count() == 1


@pytest.mark.parametrize("signature", ["", "\xff", "rubbish", "A" * 28, "=" * 9000], ids=ascii)
def test_a_forged_webhook_is_403(visitor, signature):
    for door in DOORS:
        if door.startswith("/webhooks/"):
            answer = visitor.post(
                door + "?n=rubbish", {"MessageSid": "x"}, headers={"X-Twilio-Signature": signature}
            )
            assert answer.status_code == 403


def test_a_page_for_people_says_what_to_do(visitor):
    too_much = visitor.generic("POST", "/enquiries/", b"a" * 2_000_000, content_type=FORM)
    too_many = visitor.generic("POST", "/enquiries/", BODIES["5,000 fields"][1], content_type=FORM)

    assert (too_much.status_code, too_much.content) == (
        413,
        b"This is too much text for one request.",
    )
    assert too_many.status_code == 400
    assert "go back and try again" in too_many.content.decode()


def test_a_form_that_was_open_too_long_says_what_to_do(centre):
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "a@b.in"})

    assert answer.status_code == 403
    assert "reload" in answer.content.decode() and "दोबारा" in answer.content.decode()


def test_the_stop_link_still_works_among_rubbish(visitor):
    contact = Contact.objects.having("+919876543210")
    token = signing.dumps(contact.pk, salt="coaching.messaging.unsubscribe")

    answer = visitor.generic(
        "POST", f"/unsubscribe/{token}/?lang=%ff", b"\xff\xfe=&&List-Unsubscribe=One-Click", FORM
    )

    contact.refresh_from_db()
    assert answer.status_code == 200
    assert contact.opted_out_at


@pytest.mark.parametrize("name", ODD_TWILIO)
def test_odd_but_signed_messages_are_taken(visitor, settings, name):
    path = "/webhooks/twilio/inbound/"
    signer = RequestValidator(settings.TWILIO_AUTH_TOKEN)
    signature = signer.compute_signature(settings.SITE_URL + path, ODD_TWILIO[name])

    answer = visitor.post(path, ODD_TWILIO[name], headers={"X-Twilio-Signature": signature})

    assert answer.status_code == 200


def test_control_without_the_check_of_the_request_a_codec_is_a_500(visitor, settings):
    form = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nAsha\r\n--x--\r\n'
    kind = "multipart/form-data; boundary=x; charset=hex"
    with_it = visitor.generic("POST", "/enquiries/", form, content_type=kind)
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "Unreadable" not in name]

    without = Client(raise_request_exception=False).generic("POST", "/enquiries/", form, kind)

    assert (with_it.status_code, without.status_code) == (415, 500)
