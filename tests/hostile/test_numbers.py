"""More than a thousand hostile numbers knock at every door; nothing is ever sent to one.

Each door gets at least 300 of them in one go, the table itself gets all. Then the workers work,
and the provider's stand-in is asked what arrived there: not what our rows say about it.
"""

import time

import phonenumbers
import pytest
from django.core import signing
from twilio.request_validator import RequestValidator

from coaching.accounts.models import Contact, User
from coaching.accounts.phone import read_phone
from coaching.accounts.services import give_consent
from coaching.messaging import gates, services
from coaching.messaging.models import CommunicationLog, State
from leads.forms import STAMP_SALT
from leads.models import Lead
from tests.hostile.numbers import DISGUISED, DISGUISES, a_good_share, everything

pytestmark = pytest.mark.usefixtures("no_limits")
API = "/public/leads"
SHORT_LIST = ["+447400123456", "+870773111632", "+911800111111"]


def with_names(numbers):
    """Each number with a name of its own, made of letters: 'Visitor aaab'."""
    for count, hostile in enumerate(numbers):
        letters = "".join(chr(97 + count // 26**place % 26) for place in (3, 2, 1, 0))
        yield f"Visitor {letters}", hostile


def leads_and_reasons():
    """What became of each lead: by its name, why its WhatsApp message and its call are held."""
    reasons = {}
    for log in CommunicationLog.objects.outbound().exclude(channel="email"):
        reasons.setdefault(log.contact_id, set()).add((log.state, log.reason))
    return {lead.name: reasons.get(lead.contact_id) for lead in Lead.objects.all()}


def nothing_leaves(product):
    product.work()
    return product.sandbox.requests() == []


def every_saved_one_is_held(knocks):
    wanted = {name: {("held", hostile.reason)} for name, hostile in knocks if hostile.is_number}
    return leads_and_reasons() == wanted


def test_the_list_is_long_and_has_every_kind_in_it():
    numbers = everything()
    kinds = {hostile.kind.split(" ")[-1] for hostile in numbers}

    assert len(a_good_share()) >= 300
    assert len(numbers) >= 1000
    assert kinds >= {
        "premium_rate", "shared_cost", "toll_free", "uan", "pager", "personal_number", "voip",
        "mobile", "fixed_line_or_mobile", "voicemail", "country",
    }  # fmt: skip


def test_by_the_api(product, client):
    knocks = list(with_names(a_good_share()))

    answers = [
        client.post(API, {"name": name, "phone": hostile.text, "consent": True}, "application/json")
        for name, hostile in knocks
    ]

    wanted = [201 if hostile.is_number else 422 for _, hostile in knocks]
    assert [answer.status_code for answer in answers] == wanted
    refusals = [a.json()["errors"]["phone"] for a in answers if a.status_code == 422]
    assert all(len(sentences) == 1 and len(sentences[0]) > 20 for sentences in refusals)
    assert every_saved_one_is_held(knocks)
    assert nothing_leaves(product)


def test_by_the_form(product, client):
    knocks = list(with_names(a_good_share()))
    stamp = signing.dumps(time.time() - 60, salt=STAMP_SALT)

    answers = [
        client.post(
            "/enquiries/", {"name": name, "phone": hostile.text, "consent": "on", "stamp": stamp}
        )
        for name, hostile in knocks
    ]

    wanted = [303 if hostile.is_number else 422 for _, hostile in knocks]
    assert [answer.status_code for answer in answers] == wanted
    assert every_saved_one_is_held(knocks)
    assert nothing_leaves(product)


@pytest.mark.slow
def test_by_staff_who_type_it_as_an_enquiry(product, owner):
    knocks = list(with_names(a_good_share()))

    answers = [
        owner.post(
            "/admin/leads/lead/add/",
            {"name": name, "number": hostile.text, "email": "", "course": "", "source": "phone",
             "language": "en-in", "message": "", "consented": "on"},
        )
        for name, hostile in knocks
    ]  # fmt: skip

    wanted = [302 if hostile.is_number else 200 for _, hostile in knocks]  # 200: the form again
    assert [answer.status_code for answer in answers] == wanted
    assert every_saved_one_is_held(knocks)
    assert nothing_leaves(product)


@pytest.mark.slow
def test_as_the_number_of_a_student_who_asks_for_a_code(product, owner):
    numbers = [hostile.text for hostile in a_good_share() if hostile.is_number][::8]
    for count, number in enumerate(numbers):
        answer = owner.post(
            "/admin/accounts/user/add/",
            {"name": f"Student {count}", "role": "student", "email": "", "number": number,
             "is_active": "on"},
        )  # fmt: skip
        assert answer.status_code == 302
    owner.logout()

    for number in numbers:
        owner.post("/accounts/login/code/", {"login": number})

    codes = CommunicationLog.objects.filter(purpose="login_code")
    assert User.objects.filter(is_staff=False).count() == len(numbers)
    assert set(codes.values_list("state", flat=True)) == {"held"}
    assert nothing_leaves(product)


@pytest.mark.slow
def test_as_the_sender_of_a_whatsapp_message(product, client, settings):
    path = "/webhooks/twilio/inbound/"
    signer = RequestValidator(settings.TWILIO_AUTH_TOKEN)
    knocks = list(with_names(a_good_share()))

    for count, (name, hostile) in enumerate(knocks):
        fields = {
            "MessageSid": f"SM{count:032d}", "From": f"whatsapp:{hostile.text}", "Body": "Fees?",
            "ProfileName": name,
        }  # fmt: skip
        signature = signer.compute_signature(settings.SITE_URL + path, fields)
        answer = client.post(path, fields, headers={"X-Twilio-Signature": signature})
        assert answer.status_code == 200

    wanted = {name: {("held", hostile.reason)} for name, hostile in knocks if hostile.is_number}
    found = leads_and_reasons()  # who writes a second time is the same lead
    assert len(found) > 150
    assert found == {name: wanted[name] for name in found}
    assert nothing_leaves(product)


def written_straight_into_the_table(product, recipients, contacts):
    """Rows that no gate has seen: due at once, with consent, for whatever recipient."""
    product.ask(phone="99999 00000")
    patterns = CommunicationLog.objects.outbound().filter(channel__in=["whatsapp", "voice"])
    for pattern in list(patterns):
        CommunicationLog.objects.bulk_create(
            CommunicationLog(
                contact=contact, channel=pattern.channel, purpose=pattern.purpose,
                dedupe_key=f"{pattern.channel}:{count}", recipient=recipient,
                language=pattern.language, context=pattern.context,
            )
            for count, (recipient, contact) in enumerate(zip(recipients, contacts, strict=True))
        )  # fmt: skip
        pattern.delete()


def test_as_a_row_that_somebody_wrote_into_the_table(product):
    storable = [h for h in everything() if "\x00" not in h.text and len(h.text) <= 254]
    contact = Contact.objects.having(DISGUISED)
    give_consent(contact, source="staff", language="en-in")
    written_straight_into_the_table(product, [h.text for h in storable], [contact] * len(storable))

    while product.work():
        pass

    logs = CommunicationLog.objects.outbound()
    assert logs.count() == 2 * len(storable) > 2000
    assert set(logs.values_list("state", flat=True)) == {State.HELD}
    assert set(logs.values_list("reason", flat=True)) == {
        "number_abroad", "number_not_mobile", "number_invalid",
    }  # fmt: skip
    assert product.sandbox.requests() == []


def test_a_disguise_changes_nothing_about_a_real_number(product, client):
    for disguise in DISGUISES:
        answer = client.post(
            API, {"name": "Asha", "phone": disguise, "consent": True}, "application/json"
        )
        assert answer.status_code in (200, 201), disguise
    product.work()

    assert Contact.objects.get().phone == DISGUISED
    assert Lead.objects.count() == 1
    assert len(product.sandbox.messages()) == len(product.sandbox.calls()) == 1


@pytest.fixture
def gate_off(monkeypatch):
    for module in (gates, services):
        monkeypatch.setattr(module, "why_not_reachable", lambda number, regions: "")


def test_control_without_the_gate_the_api_reaches_them(product, client, gate_off):
    for number in SHORT_LIST:
        client.post(API, {"name": "Asha", "phone": number, "consent": True}, "application/json")

    product.work()

    assert {row["to"].removeprefix("whatsapp:") for row in product.sandbox.requests()} == {
        *SHORT_LIST
    }


def test_control_without_the_gate_a_written_row_is_sent(product, gate_off):
    contacts = [Contact.objects.having(read_phone(number).e164) for number in SHORT_LIST]
    for contact in contacts:
        give_consent(contact, source="staff", language="en-in")
    written_straight_into_the_table(product, SHORT_LIST, contacts)

    product.work()

    assert len(product.sandbox.requests()) == 2 * len(SHORT_LIST)


def test_control_the_library_alone_reads_numbers_into_words_and_parameters():
    guessed = [
        phonenumbers.parse(text, "IN")
        for text in ("98765HELLO", "tel:9876543210;phone-context=+91", "call me 98765 43210")
    ]

    assert all(phonenumbers.is_valid_number(number) for number in guessed)
