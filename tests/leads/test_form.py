"""The page's own form: every enquiry is kept; what looks like a program is only held."""

import time

import pytest
from django.core import signing

from coaching.messaging.models import CommunicationLog
from leads.forms import STAMP_SALT, EnquiryForm
from leads.models import Enquiry, Lead


@pytest.fixture
def form(centre):
    """What a person's form sends: from a page that was shown some seconds ago."""
    fresh = EnquiryForm.fresh()
    return {
        "name": "Asha Rao",
        "phone": "98765 43210",
        "email": "asha@example.com",
        "course": "foundation",
        "consent": "on",
        "uuid": str(fresh.initial["uuid"]),
        "stamp": signing.dumps(time.time() - 5, salt=STAMP_SALT),
    }


def held():
    return set(CommunicationLog.objects.values_list("state", "reason"))


def test_a_person_is_saved_and_answered(client, form):
    answer = client.post("/enquiries/", form)

    assert answer.status_code == 303
    assert Lead.objects.get().course.slug == "foundation"
    assert held() == {("pending", "")}


def test_a_filled_honeypot_is_saved_and_held(client, form):
    answer = client.post("/enquiries/", {**form, "website": "http://spam.example"})

    assert answer.status_code == 303
    assert Lead.objects.count() == 1
    assert held() == {("held", "suspected_bot")}


@pytest.mark.parametrize("stamp", ["", "forged:stamp"])
def test_a_missing_or_forged_time_is_saved_and_held(client, form, stamp):
    client.post("/enquiries/", {**form, "stamp": stamp})

    assert held() == {("held", "suspected_bot")}


def test_a_form_sent_faster_than_a_person_is_saved_and_held(client, form):
    client.post("/enquiries/", {**form, "stamp": EnquiryForm.fresh().initial["stamp"]})

    assert held() == {("held", "suspected_bot")}


def test_sending_the_same_form_twice_is_one_enquiry(client, form):
    first, again = client.post("/enquiries/", form), client.post("/enquiries/", form)

    assert (first.status_code, again.status_code) == (303, 303)
    assert Enquiry.objects.count() == 1


def test_another_childs_name_in_the_same_page_is_another_enquiry(client, form):
    client.post("/enquiries/", form)
    client.post("/enquiries/", {**form, "name": "Ravi Rao"})

    assert Lead.objects.count() == 2


def test_campaign_and_referrer_are_kept(client, form):
    client.post(
        "/enquiries/",
        {**form, "utm_source": "instagram", "utm_campaign": "diwali"},
        headers={"Referer": "http://testserver/?utm_source=instagram"},
    )

    enquiry = Enquiry.objects.get()
    assert enquiry.utm == {"utm_source": "instagram", "utm_campaign": "diwali"}
    assert Lead.objects.get().source == "instagram"
    assert enquiry.referrer.endswith("utm_source=instagram")


def test_a_foreign_site_cannot_post_the_form(client, form):
    answer = client.post("/enquiries/", form, headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403
    assert Lead.objects.count() == 0


@pytest.mark.parametrize(
    "change",
    [{"phone": "12345"}, {"name": ""}, {"consent": ""}, {"email": "asha@"}, {"phone": "\x00"},
     {"course": "nothing"}, {"message": "x" * 2001}],
)  # fmt: skip
def test_what_is_wrong_is_422_and_saves_nothing(client, form, change):
    answer = client.post("/enquiries/", {**form, **change})

    assert answer.status_code == 422
    assert Lead.objects.count() == 0


@pytest.mark.parametrize(
    ("proxies", "header", "ip"),
    [(0, "203.0.113.9", "127.0.0.1"), (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
     (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"), (1, "", "127.0.0.1")],
)  # fmt: skip
def test_the_address_is_counted_from_the_right(client, form, settings, proxies, header, ip):
    settings.TRUSTED_PROXIES = proxies

    client.post("/enquiries/", form, headers={"X-Forwarded-For": header})

    assert Enquiry.objects.get().ip == ip


def test_a_corrected_address_from_the_same_page_is_taken(client, form):
    client.post("/enquiries/", {**form, "email": "asha@gmial.com"})
    client.post("/enquiries/", {**form, "email": "asha@gmail.com"})

    assert Lead.objects.get().email == "asha@gmail.com"


@pytest.mark.parametrize(
    ("change", "status"),
    [({"email": "a" * 250 + "@example.com"}, 422), ({"utm_source": "a\x00b"}, 303),
     ({"phone": "+4984543056491667"}, 422), ({"name": "http://evil.example"}, 422),
     ({"name": "Win at evil.com"}, 422), ({"name": "Asha D/o Ravi"}, 303)],
)  # fmt: skip
def test_odd_input_gets_an_answer_and_never_a_crash(client, form, change, status):
    assert client.post("/enquiries/", {**form, **change}).status_code == status


def test_an_address_with_a_zone_is_kept_without_it(client, form, settings):
    settings.TRUSTED_PROXIES = 1

    client.post("/enquiries/", form, headers={"X-Forwarded-For": "fe80::1%eth0"})

    assert Enquiry.objects.get().ip == "fe80::1"
