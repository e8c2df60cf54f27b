"""An enquiry is answered on three channels, each once."""

import re

import pytest

from coaching.messaging.models import CommunicationLog

ASHA = "+919876543210"


@pytest.fixture
def course(centre):
    from academics.models import Course

    return Course.objects.get(slug="foundation")


def test_an_enquiry_sends_one_whatsapp_one_mail_and_one_call(product, course):
    product.ask(email="asha@example.com", course=course)

    product.work()

    assert len(product.sandbox.messages(ASHA)) == 1
    assert len(product.sandbox.mails("asha@example.com")) == 1
    assert len(product.sandbox.calls(ASHA)) == 1


def test_the_whatsapp_names_the_person_the_course_the_fee_and_the_next_batch(product, course):
    product.ask(course=course)

    product.work()

    text = product.sandbox.text(product.log("whatsapp").provider_id)
    assert "Namaste Asha!" in text
    assert "Python Foundation" in text
    assert "₹9,500" in text
    assert "7:30" in text


def test_receipts_move_the_message_to_read_and_the_call_to_answered(product, course):
    product.ask(email="asha@example.com", course=course)

    product.work()

    read = product.settles("whatsapp", "read")
    answered = product.settles("voice", "answered")
    assert read.created_at <= read.posted_at <= read.accepted_at <= read.delivered_at
    assert read.delivered_at <= read.answered_at
    assert answered.delivered_at <= answered.answered_at
    assert product.log("email").state == "sent"


def test_the_call_greets_by_name_names_the_course_and_says_it_is_automated(product, course):
    product.ask(course=course)

    product.work()

    call = product.settles("voice", "answered", duration_seconds__isnull=False)
    heard = product.sandbox.transcript(call.provider_id)
    said = " ".join(line["text"] for line in heard["transcript"])
    assert call.body in said
    assert re.search(r"Namaste Asha\..*automated assistant.*Python Foundation.*press 9", said)


def test_the_mail_carries_the_syllabus_and_a_way_out(product, course):
    product.ask(email="asha@example.com", course=course)

    product.work()

    mail = product.sandbox.mails("asha@example.com")[0]
    log = product.log("email")
    assert "syllabus" in mail["subject"]
    for topic in course.syllabus:
        assert topic.casefold() in mail["text"].casefold()
    assert str(log.pk) in mail["headers"]["Message-ID"]
    assert mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/unsubscribe/" in mail["headers"]["List-Unsubscribe"]


def test_every_request_to_twilio_keeps_its_official_contract(product, course):
    product.ask(email="asha@example.com", course=course)
    product.ask(name="रवि", phone="9811122233", arrival={"language": "hi"})

    product.work()

    assert len(product.sandbox.messages()) == 2
    assert product.sandbox.log("violation") == []


def test_a_second_enquiry_the_same_day_sends_nothing_again(product, course):
    product.ask(course=course)
    product.ask(course=course)

    product.work()

    assert len(product.sandbox.messages(ASHA)) == 1
    assert len(product.sandbox.calls(ASHA)) == 1


@pytest.mark.parametrize("again", ["098765-43210", "+91 98765 43210", "९८७६५४३२१०"])
def test_the_number_typed_another_way_is_answered_once(product, again):
    product.ask(phone="9876543210")
    product.ask(phone=again)

    product.work()

    assert len(product.sandbox.messages()) == 1
    assert len(product.sandbox.calls()) == 1


def test_a_mail_address_given_later_still_gets_its_mail_and_nothing_else_is_repeated(product):
    product.ask()
    product.work()

    product.ask(email="asha@example.com")
    product.work()

    assert len(product.sandbox.mails("asha@example.com")) == 1
    assert len(product.sandbox.messages(ASHA)) == 1


def test_a_sibling_on_the_same_number_is_a_lead_of_its_own_without_a_second_welcome(product):
    first = product.ask(name="Asha Rao")
    second = product.ask(name="Ravi Rao")

    product.work()

    assert first.pk != second.pk
    assert first.contact_id == second.contact_id
    assert len(product.sandbox.messages(ASHA)) == 1


def test_after_a_day_the_number_is_welcomed_again(product, time_machine):
    time_machine.move_to("2026-11-23 10:00 +0530")
    product.ask()
    product.work()

    time_machine.move_to("2026-11-24 10:01 +0530")
    product.ask()
    product.work()

    assert len(product.sandbox.messages(ASHA)) == 2


def test_a_hindi_enquiry_is_answered_in_hindi(product, course):
    product.ask(name="आशा", course=course, arrival={"language": "hi"})

    product.work()

    text = product.sandbox.text(product.log("whatsapp").provider_id)
    assert "नमस्ते आशा!" in text
    assert "पाइथन फाउंडेशन" in text


def test_working_twice_sends_once(product):
    product.ask()

    product.work()
    product.work()

    assert len(product.sandbox.messages(ASHA)) == 1
    assert CommunicationLog.objects.filter(channel="whatsapp").count() == 1


def test_a_name_with_an_ampersand_arrives_as_it_is_written(product, course, centre):
    centre.name = "Rao & Sons Academy"
    centre.save()
    product.ask(name="A & B", email="asha@example.com", course=course)

    product.work()

    mail = product.sandbox.mails("asha@example.com")[0]
    assert mail["subject"].startswith("Rao & Sons Academy")
    assert "Rao & Sons Academy" in mail["text"]
    assert "Rao &amp; Sons Academy" in mail["html"]
