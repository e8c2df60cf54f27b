"""Releasing held messages and sending failed ones again: seen first, posted, checked twice."""

import pytest
from django.urls import reverse

from coaching.accounts.models import Consent
from coaching.accounts.services import opt_out
from coaching.messaging.models import CommunicationLog, WhatsAppTemplate
from coaching.messaging.services import queue

LIST = "/admin/messaging/communicationlog/"


@pytest.fixture
def held(ask):
    """An enquiry that the form's guard held: three messages wait for a look."""
    ask(email="asha@example.com", arrival={"suspicion": "suspected_bot"})
    return list(CommunicationLog.objects.order_by("channel"))


def states():
    return sorted(CommunicationLog.objects.values_list("state", flat=True))


def fail(log, reason="gave_up"):
    CommunicationLog.objects.filter(pk=log.pk).update(state="failed", reason=reason)


def test_release_shows_the_words_first_and_sends_only_on_post(held, browser_of):
    log = next(log for log in held if log.channel == "whatsapp")
    browser, page = browser_of("owner"), f"{LIST}{log.pk}/release/"

    shown = browser.get(page).content.decode()
    before = states()
    browser.post(page)

    assert "Namaste" in shown and "+91 98765 43210" in shown
    assert before == ["held"] * 3
    assert states() == ["held", "held", "pending"]


def test_retry_returns_to_the_page_it_came_from_and_nowhere_else(held, browser_of):
    fail(held[0])
    fail(held[1])
    browser = browser_of("counsellor")

    back = browser.post(f"{LIST}{held[0].pk}/retry/", {"next": "/admin/leads/lead/"})
    away = browser.post(f"{LIST}{held[1].pk}/retry/", {"next": "https://evil.example/"})

    assert back.url == "/admin/leads/lead/"
    assert away.url == reverse("admin:messaging_communicationlog_change", args=[held[1].pk])


@pytest.mark.parametrize("act", ["retry", "release"])
def test_a_number_that_may_not_be_reached_is_refused_politely(held, browser_of, act):
    log = next(log for log in held if log.channel == "whatsapp")
    CommunicationLog.objects.filter(pk=log.pk).update(
        recipient="+12025550123", state="failed" if act == "retry" else "held", reason="gave_up"
    )
    browser, page = browser_of("owner"), f"{LIST}{log.pk}/{act}/"

    shown = browser.get(page).content.decode()
    answer = browser.post(page, follow=True).content.decode()

    log.refresh_from_db()
    assert "outside the countries that we message" in shown
    assert "Not sent. " in answer
    assert log.state in ("failed", "held")


@pytest.mark.parametrize("why", ["stopped", "no consent"])
def test_who_asked_us_to_stop_or_never_agreed_is_not_reached_by_hand(held, browser_of, why):
    log = held[0]
    if why == "stopped":
        opt_out(log.contact, source=Consent.Source.WHATSAPP)
        CommunicationLog.objects.filter(pk=log.pk).update(state="held")
    else:
        from django.db import connection

        with connection.cursor() as cursor:  # consents cannot be taken away otherwise
            cursor.execute("UPDATE messaging_communicationlog SET contact_id = contact_id")
        lonely = type(log.contact).objects.having("+919812345678")
        CommunicationLog.objects.filter(pk=log.pk).update(contact=lonely)

    browser_of("owner").post(f"{LIST}{log.pk}/release/")

    log.refresh_from_db()
    assert log.state == "held"


def test_a_code_is_not_sent_again_by_staff(ask, browser_of):
    lead = ask()
    code = queue(lead.contact, "login_code", {"code": "1", "centre": "C"}, subject="",
                 dedupe_key="c", channels=("whatsapp",))[0]  # fmt: skip
    fail(code)

    browser_of("owner").post(f"{LIST}{code.pk}/retry/")

    code.refresh_from_db()
    assert code.state == "failed"


def test_a_second_click_changes_nothing(held, browser_of):
    browser, page = browser_of("owner"), f"{LIST}{held[0].pk}/release/"

    browser.post(page)
    again = browser.post(page, follow=True).content.decode()

    assert states() == ["held", "held", "pending"]
    assert "nothing to do" in again


def test_messages_are_read_only(held, browser_of):
    page = reverse("admin:messaging_communicationlog_change", args=[held[0].pk])

    answer = browser_of("owner").post(page, {"state": "sent"})

    assert answer.status_code == 403
    assert states() == ["held"] * 3


def test_the_list_filters_by_state_channel_and_message(held, browser_of):
    browser = browser_of("counsellor")

    def count(query):
        return browser.get(f"{LIST}?{query}").context["cl"].result_count

    assert count("state__exact=held") == 3
    assert count("state__exact=failed") == 0
    assert count("channel__exact=voice&when=7d") == 1
    assert count("purpose=login_code") == 0
    assert count("q=98765") == 3
    assert count("q=asha@") == 1
    assert count("q=nobody") == 0
    assert count("held=suspected_bot") == 3
    assert count("held=budget_spent") == 0


def test_a_template_id_is_checked_and_its_wording_filled_in(centre, browser_of):
    browser = browser_of("owner")
    page = "/admin/messaging/whatsapptemplate/add/"
    given = {"message": "enquiry_welcome", "language": "hi", "wording": ""}

    wrong = browser.post(page, {**given, "content_sid": "SM123"}).content.decode()
    browser.post(page, {**given, "content_sid": " HX" + "a1" * 16 + " "})

    template = WhatsAppTemplate.objects.get()
    assert "A ContentSid is HX and 32 more characters" in wrong
    assert template.content_sid == "HX" + "a1" * 16
    assert "{{1}}" in template.wording
