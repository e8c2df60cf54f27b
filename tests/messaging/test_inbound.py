"""People write to us on WhatsApp: every message is stored once, and STOP means stop."""

import pytest

from coaching.accounts.models import Consent, Contact
from coaching.messaging import inbound
from coaching.messaging.models import CommunicationLog, State
from leads.models import Lead
from tests.conftest import eventually

ASHA = "+919876543210"


def received():
    return CommunicationLog.objects.filter(direction="in")


def write(body, sid="SM1"):
    return inbound.receive(sid=sid, sender=f"whatsapp:{ASHA}", body=body, profile_name="Asha")


@pytest.mark.parametrize(
    "words",
    ["STOP", "stop", " Stop. ", "STOP!!", "Unsubscribe", "opt-out", "Please stop", "Don't call me",
     "band karo", "Band kar do", "message mat bhejo", "बंद", "बंद करो।", "रोकें", "मैसेज मत भेजो",
     "STOP 🙏"],
)  # fmt: skip
def test_stop_in_english_hinglish_and_hindi_opts_out(db, centre, words):
    write(words)

    assert Contact.objects.get().opted_out_at
    assert Consent.objects.get().action == "withdrawn"


@pytest.mark.parametrize(
    "words",
    ["Please stop by at 5?", "When does the batch end", "is the course non stop?", "bandra",
     "क्या बैच बंद हो गया है?", "cancel karne par refund milega?", ""],
)  # fmt: skip
def test_a_sentence_with_such_a_word_is_no_opt_out(db, centre, words):
    write(words)

    assert Contact.objects.get().opted_out_at is None


def test_stop_is_confirmed_once_and_then_there_is_silence(product):
    product.ask()
    product.work()
    product.sandbox.writes(ASHA, "STOP")
    product.work()
    product.sandbox.writes(ASHA, "stop")
    product.work()

    after_stop = CommunicationLog.objects.outbound().filter(purpose="stop_confirmed")
    assert after_stop.count() == 1
    assert "START" in product.sandbox.text(after_stop.get().provider_id)
    assert received().count() == 2


def test_after_stop_a_new_enquiry_is_saved_but_sends_nothing(product):
    product.sandbox.writes(ASHA, "STOP")
    product.work()
    before = len(product.sandbox.messages(ASHA))

    product.ask(email="asha@example.com")
    product.work()

    assert Lead.objects.filter(name="Asha Rao").count() == 1
    assert len(product.sandbox.messages(ASHA)) == before
    assert product.sandbox.calls(ASHA) == []


def test_start_opens_again(product):
    product.sandbox.writes(ASHA, "STOP")
    product.sandbox.writes(ASHA, "START")

    product.ask()
    product.work()

    assert Contact.objects.get().opted_out_at is None
    assert len(product.sandbox.calls(ASHA)) == 1
    assert [c.action for c in Consent.objects.order_by("pk")] == ["withdrawn", "given", "given"]


def test_the_same_message_delivered_twice_is_stored_once(db, centre):
    assert write("What is the fee?") is True
    assert write("What is the fee?") is False

    assert received().count() == 1


def test_a_stranger_who_writes_becomes_a_lead_and_gets_an_answer(product):
    product.sandbox.writes(ASHA, "Fees kitni hai?")
    product.work()

    lead = Lead.objects.get()
    assert (lead.phone, lead.source, lead.message) == (ASHA, "whatsapp", "Fees kitni hai?")
    assert received().get().subject == lead.subject
    assert len(product.sandbox.messages(ASHA)) == 1
    assert product.sandbox.calls(ASHA) == [], "writing to us is no consent to be called"


def test_somebody_we_know_stays_one_lead(product):
    lead = product.ask()

    product.sandbox.writes(ASHA, "Is Sunday possible?")

    assert Lead.objects.get() == lead
    assert received().get().contact == lead.contact


def test_a_press_of_9_in_the_call_stops_everything(product):
    lead = product.ask()
    product.sandbox.phone(ASHA, call="manual")
    product.work()
    sid = product.log("voice").provider_id

    eventually(lambda: product.sandbox.in_call(ASHA, sid, do="answer"))
    eventually(lambda: product.sandbox.in_call(ASHA, sid, do="press", digits="9"))

    def opted_out():
        lead.contact.refresh_from_db()
        return lead.contact.opted_out_at

    assert eventually(opted_out)
    assert Consent.objects.first().source == "call"


def test_states_are_received_and_never_sent(product):
    product.sandbox.writes(ASHA, "hello")
    product.work()

    assert received().get().state == State.RECEIVED
