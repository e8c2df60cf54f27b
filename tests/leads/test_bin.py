"""The bin: enquiries of programs leave every list, and a person among them is never lost in it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from coaching.accounts.models import Contact
from coaching.messaging import bulk, inbound
from coaching.messaging.models import CommunicationLog
from coaching.messaging.services import queue
from leads import bin, services
from leads.models import Enquiry, Lead
from tests.leads.binning import a_bot, a_flood, ask, messages, status, take_back, throw_away

# --- into the bin ----------------------------------------------------------------------------


def test_hundreds_go_into_the_bin_in_steps_and_none_of_their_messages_leaves(
    db, centre, monkeypatch
):
    monkeypatch.setattr(bulk, "BATCH", 100)
    monkeypatch.setattr(bulk, "AT_ONCE", 300)
    a_flood(350)
    before = timezone.now()

    moved = bin.throw_away(Lead.objects.all(), before), bin.throw_away(Lead.objects.all(), before)

    assert moved == (300, 50)
    assert set(Lead.objects.values_list("status", flat=True)) == {"junk"}
    assert messages() == [("cancelled", "not_a_person")] * 350
    assert not CommunicationLog.objects.filter(ended_at=None).exists()


def test_a_call_that_waits_for_the_morning_is_not_made_either(db, centre):
    lead = ask()

    throw_away(lead)

    assert messages() == [("cancelled", "not_a_person")] * 2


def test_who_is_enrolled_stays_and_nothing_is_binned_twice(db, centre):
    student, bot = ask(name="Zoya Khan", phone="98123 45678"), a_bot()
    Lead.objects.filter(pk=student.pk).update(status="enrolled")

    moved = throw_away(student, bot), throw_away(student, bot)

    assert moved == (1, 0)
    assert (status(student), status(bot)) == ("enrolled", "junk")
    assert set(student.communication_logs.values_list("state", flat=True)) == {"pending"}


def test_what_came_or_changed_after_the_look_stays(db, centre):
    seen, asks_again = a_bot(), a_bot(name="Dev Rao", phone="98123 45678")
    seen_at = timezone.now()
    ask(name="Dev Rao", phone="98123 45678")
    late = a_bot(name="Late", phone="98111 11111")

    moved = throw_away(seen, asks_again, late, seen_at=seen_at)
    left = (status(seen), status(asks_again), status(late))
    with_another_look = throw_away(seen, asks_again, late)

    assert (moved, left) == (1, ("junk", "new", "new"))
    assert with_another_look == 2


def test_a_person_with_the_same_number_keeps_their_messages(db, centre):
    bot, person = a_bot(name="Bot"), a_bot(name="Asha Rao")

    throw_away(bot)
    while_she_is_open = messages()
    throw_away(person)

    assert while_she_is_open == [("held", "suspected_bot")] * 2
    assert messages() == [("cancelled", "not_a_person")] * 2


def test_what_no_stranger_caused_is_not_cancelled(db, centre):
    lead = a_bot()
    queue(lead.contact, "stop_confirmed", {"centre": "C"}, subject="", dedupe_key="x",
          held="switched_off")  # fmt: skip

    throw_away(lead)

    assert messages() == [("cancelled", "not_a_person")] * 2 + [("held", "switched_off")]


def test_by_hand_nothing_is_marked_into_the_bin_or_out_of_it(db, centre):
    lead = a_bot()
    throw_away(lead)

    assert Lead.objects.get(pk=lead.pk).mark("contacted") is False
    assert status(lead) == "junk"


# --- and back --------------------------------------------------------------------------------


def test_what_is_taken_back_is_new_and_its_messages_wait_for_a_look(db, centre):
    a_flood(3)
    bot, other = a_bot(email="asha@example.com"), a_bot(name="Dev Rao", phone="98123 45678")
    throw_away(*Lead.objects.all())

    moved = take_back(bot)

    assert (moved, status(bot), status(other)) == (1, "new", "junk")
    assert messages() == [("cancelled", "not_a_person")] * 5 + [("held", "taken_back")] * 3
    mine = bot.communication_logs
    assert not mine.exclude(ended_at=None).exists()
    assert not mine.filter(due_at__lt=bot.created_at).exists()


def test_messages_of_an_earlier_day_stay_cancelled(db, centre):
    lead = a_bot()
    throw_away(lead)
    Contact.objects.update(welcome_window_started_at=timezone.now())

    take_back(lead)

    assert messages() == [("cancelled", "not_a_person")] * 2


def test_who_has_another_open_enquiry_stays_in_the_bin(db, centre):
    old = a_bot()
    throw_away(old)
    new = ask()

    moved = take_back(old)

    assert (moved, status(old), status(new)) == (0, "junk", "new")


def test_two_enquiries_of_one_person_come_back_as_one(db, centre):
    first = a_bot()
    throw_away(first)
    second = ask()
    throw_away(second)

    moved = take_back(first, second)

    assert (moved, status(first), status(second)) == (1, "junk", "new")


# --- who comes back --------------------------------------------------------------------------


def test_a_person_who_was_binned_and_asks_again_is_answered_once(product):
    first = product.ask(email="asha@example.com", arrival={"suspicion": "suspected_bot"})
    throw_away(first)

    again = [product.ask(email="asha@example.com"), product.ask(email="asha@example.com")]
    product.work()

    assert status(first) == "junk" and {status(lead) for lead in again} == {"new"}
    assert len({first.pk, again[0].pk, again[1].pk}) == 2
    sandbox = product.sandbox
    assert (len(sandbox.messages()), len(sandbox.calls()), len(sandbox.mails())) == (1, 1, 1)


def test_control_if_the_bin_did_not_count_as_settled_nobody_would_be_answered(
    db, centre, monkeypatch
):
    still = [r for r in services.SETTLED_BY_ASKING if r != services.NOT_A_PERSON]
    monkeypatch.setattr(services, "SETTLED_BY_ASKING", still)
    throw_away(a_bot())

    ask()

    assert messages() == [("cancelled", "not_a_person")] * 2


def test_somebody_of_another_name_on_the_number_is_answered_too(db, centre):
    throw_away(a_bot(name="Bot"))

    ask(name="Asha Rao")

    assert messages() == [("pending", "")] * 2


def test_who_was_taken_back_and_asks_again_needs_no_look(db, centre):
    lead = a_bot()
    throw_away(lead)
    take_back(lead)

    again = ask()

    assert again.pk == lead.pk
    assert messages() == [("pending", "")] * 2


def test_what_was_cancelled_for_another_reason_stays_cancelled(db, centre):
    throw_away(a_bot())
    CommunicationLog.objects.filter(channel="voice").update(reason="cancelled_by_hand")

    ask()

    assert messages() == [("cancelled", "cancelled_by_hand"), ("pending", "")]


@pytest.mark.parametrize("hours_later", [0, 30])
def test_a_program_that_comes_again_stays_in_the_bin(db, centre, hours_later):
    bot = a_bot()
    throw_away(bot)
    earlier = timezone.now() - timedelta(hours=hours_later)
    Contact.objects.update(welcome_window_started_at=earlier)

    again = a_bot(message="Buy followers")

    assert (again.pk, status(bot), Lead.objects.count()) == (bot.pk, "junk", 1)
    assert messages() == [("cancelled", "not_a_person")] * 2
    assert Enquiry.objects.filter(lead=bot).count() == 2, "every time they asked is kept"


def test_control_if_the_bin_were_not_looked_into_the_list_would_fill_again(db, centre, monkeypatch):
    throw_away(a_bot())
    only_open = services._asked_before
    monkeypatch.setattr(services, "_asked_before", lambda who, name, _: only_open(who, name, ""))

    assert a_bot().status == "new"


def test_a_program_that_comes_with_an_open_enquiry_is_no_matter_for_the_bin(db, centre):
    throw_away(a_bot())
    person = ask()

    again = a_bot()

    assert again.pk == person.pk and status(person) == "new"


def test_who_writes_on_whatsapp_from_a_binned_number_is_seen(db, centre):
    bot = a_bot(name="Bot")
    throw_away(bot)

    inbound.receive(sid="SM1", sender="whatsapp:+919876543210", body="Fee?", profile_name="Asha")

    lead = Lead.objects.unbinned().get()
    assert (lead.name, lead.status, lead.source) == ("Asha", "new", "whatsapp")


def test_asking_again_costs_no_query_more_for_the_bin(db, centre, django_assert_max_num_queries):
    ask(email="asha@example.com")

    with django_assert_max_num_queries(12):
        ask(email="asha@example.com")
