"""An enquiry is saved once, with its consent and its messages, or not at all."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from academics.models import Course
from coaching.accounts.models import Consent, Contact
from coaching.accounts.phone import read_phone
from coaching.messaging import doorbell
from coaching.messaging.models import CommunicationLog
from leads.models import Enquiry, Lead
from leads.services import Arrival, capture_lead


def ask(name="Asha Rao", phone="98765 43210", *, arrival=None, **more):
    return capture_lead(
        name=name,
        phone=read_phone(phone),
        arrival=Arrival(via="form", **(arrival or {})),
        **more,
    )


def test_an_enquiry_leaves_a_lead_a_consent_and_three_messages(db, centre):
    course = Course.objects.get(slug="django")

    lead = ask(email="asha@example.com", course=course, arrival={"ip": "203.0.113.7"}).lead

    assert (lead.name, lead.phone, lead.status) == ("Asha Rao", "+919876543210", "new")
    consent = Consent.objects.get()
    assert (consent.action, consent.source, consent.ip) == ("given", "form", "203.0.113.7")
    assert consent.wording_version
    channels = CommunicationLog.objects.values_list("channel", flat=True)
    assert sorted(channels) == ["email", "voice", "whatsapp"]


@pytest.mark.parametrize("again", ["9876543210", "+91-98765-43210", "098765 43210"])
@pytest.mark.parametrize("name", ["Asha Rao", " asha  RAO ", "Asha Rao."])
def test_the_same_number_and_name_is_the_same_lead(db, centre, again, name):
    first = ask().lead

    repeat = ask(name=name.strip(), phone=again, message="And the weekend batch?")

    assert repeat.lead.pk == first.pk
    assert repeat.is_new is False
    assert repeat.lead.message == "And the weekend batch?"
    assert Enquiry.objects.count() == 2, "every time they asked is kept"


def test_another_name_on_the_number_is_a_sibling(db, centre):
    asha, ravi = ask(name="Asha Rao").lead, ask(name="Ravi Rao").lead

    assert asha.pk != ravi.pk
    assert asha.contact == ravi.contact
    assert list(asha.communication_logs) == list(ravi.communication_logs)


def test_a_closed_lead_who_asks_again_is_a_new_lead(db, centre):
    first = ask().lead
    Lead.objects.filter(pk=first.pk).update(status="lost")

    assert ask().lead.pk != first.pk


def test_the_same_key_is_the_same_lead_even_after_it_closed(db, centre):
    first = ask(arrival={"key": "k1"}).lead
    Lead.objects.filter(pk=first.pk).update(status="lost")

    repeat = ask(arrival={"key": "k1"})

    assert (repeat.lead.pk, repeat.is_new) == (first.pk, False)
    assert Lead.objects.count() == 1


def test_nothing_is_kept_when_the_outbox_cannot_be_written(db, centre, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("no outbox")

    monkeypatch.setattr("leads.welcome.queue", broken)

    with pytest.raises(RuntimeError):
        ask()

    assert (Lead.objects.count(), Contact.objects.count(), Consent.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize("same", ["key", "number and name"])
def test_twenty_posts_at_once_make_one_lead_and_three_messages(transactional_db, centre, same):
    def post(_):
        try:
            arrival = {"key": "one-form"} if same == "key" else {}
            return ask(email="asha@example.com", arrival=arrival).lead.pk
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        leads = set(pool.map(post, range(20)))

    assert len(leads) == 1
    assert Lead.objects.count() == 1
    assert CommunicationLog.objects.count() == 3


def test_control_without_the_unique_constraint_parallel_posts_double(transactional_db, centre):
    """The rows that the constraint forbids could otherwise be written."""
    from django.db import IntegrityError

    lead = ask().lead

    with pytest.raises(IntegrityError):
        Lead.objects.create(name="asha rao", phone=lead.phone, contact=lead.contact)


def test_the_doorbell_being_broken_costs_nothing(transactional_db, centre, monkeypatch):
    nowhere = doorbell._line("redis://127.0.0.1:9")
    monkeypatch.setattr(doorbell, "_line", lambda: nowhere)

    assert doorbell.ring_now([("id", "whatsapp")]) is False
    assert ask().lead.pk
    assert CommunicationLog.objects.filter(state="pending").count() == 2


def test_the_welcome_says_what_the_database_says_now(db, centre):
    course = Course.objects.get(slug="foundation")
    Course.objects.filter(pk=course.pk).update(price_paise=987600, instalments=[])

    ask(course=course)

    assert CommunicationLog.objects.get(channel="whatsapp").context["fee"] == "₹9,876"


def test_a_full_batch_is_not_offered_as_the_next_one(db, centre):
    course = Course.objects.get(slug="foundation")
    first = course.batches.order_by("starts_on").first()
    first.seats_taken_elsewhere = first.seats
    first.save()

    ask(course=course)

    assert "Sat, Sun" in CommunicationLog.objects.get(channel="whatsapp").context["next_batch"]


def test_a_lead_without_a_course_is_told_about_all_of_them(db, centre):
    ask(email="asha@example.com")

    context = CommunicationLog.objects.get(channel="email").context
    assert context["fee"] == "from ₹9,500"
    assert len(context["courses"]) == 3


def test_capturing_takes_the_same_queries_for_the_thousandth_lead(
    db, centre, django_assert_max_num_queries
):
    with django_assert_max_num_queries(26):
        ask(email="asha@example.com", course=Course.objects.first())


def test_a_consent_that_comes_later_lets_the_welcome_go(db, centre):
    ask(email="asha@example.com", consented=False)
    states = CommunicationLog.objects.values_list("state", "reason")
    assert set(states) == {("held", "no_consent")}

    ask(email="asha@example.com")

    assert set(states.all()) == {("pending", "")}
    assert CommunicationLog.objects.count() == 3


def test_a_person_held_as_a_program_is_answered_when_they_ask_again(db, centre):
    ask(arrival={"suspicion": "suspected_bot"})

    ask()

    assert set(CommunicationLog.objects.values_list("state", flat=True)) == {"pending"}


def test_control_a_program_that_comes_again_stays_held(db, centre):
    ask(arrival={"suspicion": "suspected_bot"})

    ask(arrival={"suspicion": "suspected_bot"})

    assert set(CommunicationLog.objects.values_list("state", flat=True)) == {"held"}


def test_what_staff_wrote_meanwhile_is_not_overwritten(db, centre, monkeypatch):
    lead = ask().lead
    save = Lead.save

    def staff_were_faster(self, *args, **kwargs):
        Lead.objects.filter(pk=lead.pk).update(status="lost")
        save(self, *args, **kwargs)

    monkeypatch.setattr(Lead, "save", staff_were_faster)
    ask()

    assert Lead.objects.get(pk=lead.pk).status == "lost"


def test_the_form_and_a_whatsapp_at_the_same_moment_both_arrive(transactional_db, centre):
    from coaching.messaging import inbound

    def write(n):
        try:
            if n % 2:
                inbound.receive(sid=f"SM{n}", sender="whatsapp:+919876543210", body="Hi")
            else:
                ask(message=f"question {n}")
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(write, range(24)))

    assert CommunicationLog.objects.filter(direction="in").count() == 12
    assert Enquiry.objects.filter(via="form").count() == 12
