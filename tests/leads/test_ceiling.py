"""Beyond ten times the limit of an address: 429, when to come back, and how else we are reached."""

from datetime import timedelta

import pytest
from django.utils import timezone

from coaching.centre.models import Profile
from coaching.common import remember
from tests.leads.asking import a_post
from tests.leads.conftest import words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_the_ceiling(centre, client, time_machine):
    """An address that has posted ten times its limit at 10:10 in India; the next is one too many.

    The hour that is counted is UTC's: it ends at half past.
    """
    time_machine.move_to("2026-11-23 10:10 +0530", tick=False)
    Profile.objects.update(leads_per_ip_hour=1, leads_per_network_hour=0)
    remember.forget_everything()
    for n in range(10):
        answer = client.post("/enquiries/", a_post(phone=f"98{n:02}7 64321"))
        assert answer.status_code == 303


def by_form(client, **changes):
    return client.post("/enquiries/", a_post(**changes))


def by_api(client):
    lead = {"name": "Asha Rao", "phone": "98765 43210", "consent": True}
    return client.post("/public/leads", lead, content_type="application/json")


def test_the_form_says_when_it_takes_it_and_keeps_what_was_written(at_the_ceiling, client):
    answer = by_form(client, message="Is there parking?", utm_source="poster")

    page, words = answer.content.decode(), words_of(answer)
    assert answer.status_code == 429
    assert "You can send this one after 10:30 AM IST" in words
    assert "<title>Please wait a little</title>" in page and "Almost there" not in page
    for kept in ("98765 43210", "Is there parking?", "poster", "Asha Rao"):
        assert kept in page


def test_the_form_offers_the_telephone_and_whatsapp_in_both_languages(
    at_the_ceiling, client, centre
):
    english = by_form(client)
    client.cookies["django_language"] = "hi"
    hindi = by_form(client)

    for page in (english.content.decode(), hindi.content.decode()):
        main = page.split("<main", 1)[1].split("</main>", 1)[0]
        assert f'href="tel:{centre.phone}"' in main
        assert f'href="https://wa.me/{centre.whatsapp.removeprefix("+")}?' in main
    assert "call us or write to us" in words_of(english)
    assert "10:30 AM IST के बाद आप इसे भेज सकते हैं" in words_of(hindi)
    assert "हमें कॉल करें या लिखें" in words_of(hindi)


def test_a_centre_without_a_number_offers_none(at_the_ceiling, client):
    Profile.objects.update(phone="", whatsapp="")
    remember.forget_everything()

    words = words_of(by_form(client))

    assert "call us or write to us" not in words


def test_the_api_says_it_in_words(at_the_ceiling, client):
    answer = by_api(client)

    assert answer.status_code == 429
    assert answer.json() == {
        "detail": "Too many enquiries from this address. Retry-After says when to send it again."
    }


@pytest.mark.parametrize("post", [by_form, by_api])
def test_retry_after_is_the_moment_from_which_it_is_taken(
    at_the_ceiling, client, time_machine, post
):
    refused = post(client)
    wait = timedelta(seconds=int(refused["Retry-After"]))
    here = timezone.now()
    time_machine.move_to(here + wait - timedelta(seconds=1), tick=False)
    too_early = post(client)
    time_machine.move_to(here + wait, tick=False)
    in_time = post(client)

    assert wait == timedelta(minutes=20)
    assert (refused.status_code, too_early.status_code) == (429, 429)
    assert too_early["Retry-After"] == "1"
    assert in_time.status_code in (201, 303)


def test_only_a_refusal_says_retry_after(centre, client):
    assert "Retry-After" not in by_api(client)
    assert "Retry-After" not in by_form(client, phone="98765 43211")


def test_the_log_in_pages_say_it_too(client, centre):
    for _ in range(30):
        client.post("/accounts/login/", {})

    refused = client.post("/accounts/login/", {})

    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    assert "Try again in a minute." in words_of(refused)
    assert f'href="tel:{centre.phone}"' in refused.content.decode()
