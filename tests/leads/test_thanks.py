"""The page after an enquiry: the truth about each message, and nothing that will not come."""

from datetime import timedelta

import pytest
import time_machine
from django.core import signing
from django.utils import timezone

from coaching.accounts.models import Consent
from coaching.accounts.services import opt_out
from coaching.centre.models import Profile
from coaching.common import remember
from coaching.messaging import pauses, spending
from coaching.messaging.models import CommunicationLog
from leads.models import Lead
from leads.services import thanks_url
from tests.leads.asking import enquire

pytestmark = pytest.mark.django_db


def set_state(channel, state, **fields):
    CommunicationLog.objects.filter(channel=channel).update(state=state, **fields)


def test_thanks_says_that_all_three_are_on_their_way(centre, client, read):
    words = read(enquire(client))

    assert "Thank you, Asha." in words
    assert "WhatsApp with fee and dates is on its way to the number ending 3210." in words
    assert "E-mail with the whole syllabus is on its way." in words
    assert "Our automated assistant calls you now." in words
    assert "Rao" not in words
    assert "asha@example.com" not in words


def test_thanks_is_silent_about_an_email_that_nobody_gave(centre, client, read):
    assert "E-mail" not in read(enquire(client, email="")).split("What happens next")[1]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("sent", "is sent to the number ending 3210"),
        ("delivered", "is sent to the number ending 3210"),
        ("read", "is sent to the number ending 3210"),
        ("unknown", "is being checked"),
        ("failed", "did not go through to the number ending 3210"),
    ],
)
def test_thanks_tells_the_truth_about_whatsapp(centre, client, read, state, words):
    page = enquire(client)
    set_state("whatsapp", state, reason="twilio:63003" if state == "failed" else "")

    assert words in read(page)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ("2026-11-23 02:00Z", "calls you today at 9:00 AM IST"),
        ("2026-11-23 16:00Z", "calls you tomorrow at 9:00 AM IST"),
        ("2026-11-23 19:00Z", "calls you today at 9:00 AM IST"),  # past midnight in India
    ],
)
def test_thanks_says_when_the_call_comes(centre, client, read, settings, now, words):
    settings.CALLING_ALWAYS = False
    with time_machine.travel(now, tick=False):
        assert words in read(enquire(client))


@pytest.mark.parametrize(
    ("phone", "words"),
    [
        ("+44 7911 123456", "outside the countries that we message"),
        ("0712 2555010", "is a landline"),
    ],
)
def test_a_number_we_do_not_message_is_looked_at_by_a_person(centre, client, read, phone, words):
    page = read(enquire(client, phone=phone))

    assert words in page
    assert page.count("A counsellor looks") == 1
    assert "on its way to the number" not in page


def test_a_form_filled_like_a_program_is_looked_at_by_a_person(centre, client, read):
    words = read(enquire(client, website="http://spam.example"))

    assert "A counsellor looks at your enquiry first" in words
    assert "on its way" not in words


@pytest.mark.parametrize("channel", ["whatsapp", "email", "voice"])
@pytest.mark.parametrize("state", ["held", "cancelled"])
def test_what_is_held_or_was_binned_is_never_promised(centre, client, read, channel, state):
    page = enquire(client)
    reason = "budget_spent" if state == "held" else "cancelled_by_hand"
    set_state(channel, state, reason=reason)

    words = read(page)

    promises = {
        "whatsapp": "WhatsApp with fee and dates is on its way",
        "email": "E-mail with the whole syllabus is on its way",
        "voice": "Our automated assistant calls you now",
    }
    says = {
        "whatsapp": ("WhatsApp cannot go out by itself right now.", "WhatsApp was not sent."),
        "email": ("E-mail cannot go out by itself right now.", "E-mail was not sent."),
        "voice": ("Our automated assistant cannot call right now.",
                  "Our automated assistant does not call you."),
    }  # fmt: skip
    assert {name for name, promise in promises.items() if promise in words} == {*promises} - {
        channel
    }
    assert says[channel][state == "cancelled"] in words
    assert ("A counsellor has your enquiry and gets back to you." in words) == (state == "held")


def spend_all(centre, settings):
    Profile.objects.update(budget_voice_paise_hour=1000)
    remember.forget_everything()
    spending.debit("voice", 900, Profile.fresh(), timezone.now())


def take_the_number_away(centre, settings):
    settings.TWILIO_VOICE_FROM = ""


@pytest.mark.parametrize(
    "happens",
    [
        lambda *_: pauses.switch_off("voice", by="Meera"),
        lambda *_: pauses.trip("voice", "Too few."),
        spend_all,
        take_the_number_away,
    ],
    ids=["switched off", "too few arrive", "budget spent", "no provider"],
)
def test_a_call_that_will_be_held_when_its_turn_comes_is_not_promised(
    centre, client, read, settings, happens
):
    page = enquire(client)
    before = read(page)
    happens(centre, settings)

    words = read(page)

    assert CommunicationLog.objects.get(channel="voice").state == "pending"
    assert "Our automated assistant calls you now." in before
    assert "Our automated assistant cannot call right now." in words
    assert "A counsellor has your enquiry and gets back to you." in words
    assert "WhatsApp with fee and dates is on its way" in words


@time_machine.travel("2026-11-23 16:00Z", tick=False)
def test_a_call_of_tomorrow_is_not_promised_while_calls_are_switched_off(
    centre, client, read, in_calling_hours_only
):
    page = enquire(client)
    before = read(page)
    pauses.switch_off("voice", by="Meera")

    words = read(page)

    assert "calls you tomorrow at 9:00 AM IST" in before
    assert "calls you" not in words and "cannot call right now" in words


def test_a_channel_whose_provider_refuses_us_is_tried_and_nothing_is_called_on_its_way(
    centre, client, read
):
    for channel in ("whatsapp", "email", "voice"):
        pauses.refused(channel)

    words = read(enquire(client))

    assert words.count("We keep trying by ourselves.") == 3
    assert "on its way" not in words and "calls you now" not in words


def test_thanks_says_it_in_hindi_too(centre, client, read):
    page = enquire(client)
    set_state("voice", "held", reason="budget_spent")

    words = read(f"{page}?lang=hi")

    assert "काउंसलर के पास आपकी पूछताछ है और वे आपसे संपर्क करेंगे।" in words
    assert "counsellor" not in words


def test_thanks_asks_the_database_a_bounded_number_of_times(
    centre, client, django_assert_max_num_queries
):
    page = enquire(client)

    with django_assert_max_num_queries(12):
        client.get(page)


def test_who_has_said_stop_is_told_how_to_start_again(centre, client, read):
    page = enquire(client)
    opt_out(Lead.objects.get().contact, source=Consent.Source.LINK)

    words = read(page)

    assert "has asked us to stop" in words
    assert "START" in words
    assert "on its way" not in words


def test_a_second_enquiry_of_the_day_is_not_welcomed_twice(centre, client, read):
    enquire(client)
    words = read(enquire(client, course="django"))

    assert "Thank you again, Asha. We have your enquiry" in words
    assert "The counsellor has your question." in words
    assert "The welcome with fee and dates comes once to a number" in words
    assert "You asked about Django Web Development." in words


def test_a_brother_on_the_same_number_is_no_repeat_of_his_sister(centre, client, read):
    enquire(client)
    words = read(enquire(client, name="Ravi Rao"))

    assert "Thank you, Ravi." in words
    assert "The welcome with fee and dates comes once to a number" in words


def test_a_forged_link_shows_nothing(centre, client):
    enquire(client)
    lead = Lead.objects.get()

    assert client.get(f"/enquiries/{lead.pk}/").status_code == 404
    assert client.get(f"/enquiries/{signing.dumps(lead.pk, salt='x')}/").status_code == 404


def test_the_link_lives_a_day(centre, client):
    page = enquire(client)
    assert page == thanks_url(Lead.objects.get()) or page.startswith("/enquiries/")

    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert client.get(page).status_code == 404
