"""Thousands of held messages: found by their reason, seen with their price, released or binned."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coaching.accounts.models import Contact
from coaching.common import remember
from coaching.messaging import bulk, delivery, pauses, reasons, reports, spending
from coaching.messaging.models import CommunicationLog
from leads import flood
from leads.models import Lead

LIST = "/admin/messaging/communicationlog/"
LEADS = "/admin/leads/lead/"


@pytest.fixture
def flooded(ask):
    """Two enquiries of a program and one of a landline: three, three and one held message."""
    ask(email="bot@example.com", arrival={"suspicion": "suspected_bot"})
    ask(name="Bot Two", phone="98765 43299", email="b2@example.com",
        arrival={"suspicion": "sequential_numbers"})  # fmt: skip
    return ask(name="Zoya Khan", phone="98123 45678", arrival={"suspicion": "sequential_numbers"})


def states():
    return sorted(CommunicationLog.objects.values_list("state", flat=True))


def seen(browser, page):
    """Look at the page as the owner does; return its text, and what its button posts."""
    html = browser.get(page).content.decode()
    stamp = re.search(r'name="seen_at" value="([^"]+)"', html)
    return html, {"seen_at": stamp and stamp[1]}


def words(html):
    return " ".join(re.sub("<[^>]+>", " ", html).split())


def fill(count, reason="sequential_numbers"):
    """Write `count` held messages of as many numbers, as a flood leaves them."""
    numbers = range(9_000_000_000, 9_000_000_000 + count)
    contacts = Contact.objects.bulk_create([Contact(phone=f"+91{n}") for n in numbers])
    CommunicationLog.objects.bulk_create(
        CommunicationLog(
            contact=contact, channel="whatsapp", purpose="enquiry_welcome", state="held",
            reason=reason, recipient=contact.phone, dedupe_key=f"fill:{contact.phone}",
        )
        for contact in contacts
    )  # fmt: skip


def test_every_reason_that_holds_has_a_filter_and_an_explanation():
    assert {"suspected_bot", "messaged_enough", "no_consent", *flood.REASONS} <= set(
        reports.HELD_BECAUSE
    )
    assert set(reports.HELD_BECAUSE) <= set(reasons.REASONS)


def test_the_dashboard_counts_what_is_held_by_reason_as_the_lists_do(flooded, browser_of):
    browser = browser_of("owner")

    html = browser.get("/admin/").content.decode()

    found = re.findall(r'href="([^"]+held=[^"]+)">([^<]+)</a>', html)
    assert [text for _, text in found] == ["5 sequential numbers", "3 filled in by a program"]
    counts = [browser.get(href).context["cl"].result_count for href, _ in found]
    assert counts == [5, 3]


def test_the_look_names_channels_and_prices_to_the_paisa(flooded, browser_of, set_limits):
    profile = set_limits(price_whatsapp_paise=87, price_voice_paise_minute=451)
    spending.debit("whatsapp", 2_345, profile, timezone.now())

    html, _ = seen(browser_of("owner"), f"{LIST}release/?state__exact=held")

    assert "Release 8 messages?" in html
    assert "WhatsApp 3 3 ₹2.61 ₹98.94" in words(html)
    assert "E-mail 2 2 ₹0 no limit" in words(html)
    assert "Call 3 3 ₹27.06 ₹222.94" in words(html)
    assert "They cost at most ₹29.67 together." in words(html)
    assert states() == ["held"] * 8


def test_what_does_not_fit_into_the_budget_stays_held_as_it_was(
    flooded, browser_of, set_limits, time_machine
):
    time_machine.move_to("2026-11-23 15:20 +0530")
    set_limits(budget_whatsapp_paise_hour=250, budget_voice_paise_day=900)
    browser, page = browser_of("owner"), f"{LIST}release/?state__exact=held"
    CommunicationLog.objects.update(due_at=timezone.now())
    html, button = seen(browser, page)

    done = browser.post(page, button, follow=True)

    assert "Release 5 messages?" in html
    assert (
        "WhatsApp: the budget suffices for 2 of them. The rest stays held: release it at 4:00 PM "
        "or later, or raise the budget."
    ) in words(html)
    assert (
        "Call: the budget suffices for 1 of them. The rest stays held: release it tomorrow at"
        in (words(html))
    )
    assert words(html).count("this takes all of the budget that is left") == 2
    assert "5 messages released." in words(done.content.decode())
    assert "WhatsApp, 1 still held: the budget is spent." in words(done.content.decode())
    assert done.redirect_chain == [(f"{LIST}?state__exact=held", 302)]
    held = CommunicationLog.objects.filter(state="held").values_list("channel", "reason")
    assert sorted(channel for channel, _ in held) == ["voice", "voice", "whatsapp"]
    assert {reason for _, reason in held} <= {"sequential_numbers", "suspected_bot"}


def test_messages_on_their_way_have_their_share_of_the_budget(flooded, browser_of, ask, set_limits):
    set_limits(budget_whatsapp_paise_hour=250)
    ask(name="Real Person", phone="98111 22222")

    html, _ = seen(browser_of("owner"), f"{LIST}release/?state__exact=held")

    assert "WhatsApp: the budget suffices for 1 of them." in words(html)


def test_where_nothing_fits_there_is_no_button_that_would_say_released(
    flooded, browser_of, set_limits
):
    profile = set_limits(budget_whatsapp_paise_hour=250, price_whatsapp_paise=100)
    spending.debit("whatsapp", 200, profile, timezone.now())
    browser, page = browser_of("owner"), f"{LIST}release/?state__exact=held&channel__exact=whatsapp"
    html, button = seen(browser, page)

    answer = browser.post(page, button, follow=True).content.decode()

    assert "None of them can leave now" in html and "Limits and budgets" in html
    assert ">Release 3 messages</button>" not in html
    assert "released." not in words(answer)
    assert "WhatsApp, 3 still held: the budget is spent." in words(answer)
    assert states() == ["held"] * 8


def test_one_message_is_not_released_into_a_budget_that_is_spent(flooded, browser_of, set_limits):
    browser = browser_of("owner")
    log = CommunicationLog.objects.filter(channel="whatsapp").first()
    page = f"{LIST}{log.pk}/release/"
    set_limits(budget_whatsapp_paise_hour=99)

    refused = browser.post(page, follow=True).content.decode()
    held = CommunicationLog.objects.get(pk=log.pk)
    set_limits(budget_whatsapp_paise_hour=100)
    done = browser.post(page, follow=True).content.decode()
    released = CommunicationLog.objects.get(pk=log.pk)

    assert "Not sent. WhatsApp: the budget is spent." in words(refused)
    assert (held.state, held.reason) == ("held", log.reason)
    assert "It is on its way." in done and released.state == "pending"


def test_calls_at_night_are_counted_against_the_budget_of_the_morning(
    flooded, browser_of, set_limits, settings, time_machine
):
    settings.CALLING_ALWAYS = False
    time_machine.move_to("2026-11-23 22:20 +0530")
    profile = set_limits(budget_voice_paise_hour=1800, budget_voice_paise_day=1800)
    spending.debit("voice", 1800, profile, timezone.now())
    CommunicationLog.objects.update(due_at=timezone.now())

    html, _ = seen(browser_of("owner"), f"{LIST}release/?state__exact=held&channel__exact=voice")

    assert "Release 2 messages?" in html and "Calls wait for calling hours." in html
    assert "release it when those have been called" in words(html)


@pytest.mark.parametrize(
    ("stop", "says"),
    [
        (lambda: pauses.switch_off("whatsapp", by="O"), "WhatsApp: Sending on this channel is"),
        (lambda: pauses.trip("whatsapp", "Too few."), "WhatsApp: Too few messages arrived"),
        (lambda: pauses.refused("whatsapp"), "WhatsApp: The provider refuses our keys"),
    ],
)
def test_the_look_says_what_else_stands_in_the_way(flooded, browser_of, stop, says):
    stop()

    html, _ = seen(browser_of("owner"), f"{LIST}release/?state__exact=held")

    assert says in words(html)


def test_afterwards_the_list_is_shown_without_the_ticks_and_the_enquiry_where_one_came_from(
    flooded, browser_of
):
    browser = browser_of("owner")
    log = CommunicationLog.objects.filter(reason="suspected_bot").first()
    ticked = f"{LIST}release/?held=suspected_bot&id__in={log.pk}"
    enquiry = f"{LEADS}{flooded.pk}/change/"
    of_enquiry = f"{LEADS}release/?id__in={flooded.pk}&next={enquiry}"

    to_the_list = browser.post(ticked, seen(browser, ticked)[1])
    to_the_enquiry = browser.post(of_enquiry, seen(browser, of_enquiry)[1])
    abroad = browser.post(f"{LIST}release/?next=https://elsewhere.test/", {"seen_at": "x"})

    assert to_the_list.url == f"{LIST}?held=suspected_bot"
    assert to_the_enquiry.url == enquiry
    assert "elsewhere.test" not in abroad.content.decode()


def test_all_that_a_filter_shows_is_released_and_nothing_else(flooded, browser_of):
    browser, page = browser_of("owner"), f"{LIST}release/?held=sequential_numbers"
    html, button = seen(browser, page)

    done = browser.post(page, button, follow=True).content.decode()

    assert "Release 5 messages?" in html and "5 messages released." in done
    logs = CommunicationLog.objects.filter(state="pending")
    assert set(logs.values_list("contact__phone", flat=True)) == {"+919876543299", "+919812345678"}
    assert not logs.filter(released_at=None).exists()
    assert states() == ["held"] * 3 + ["pending"] * 5


def test_a_flood_is_binned_and_its_messages_never_leave(flooded, browser_of):
    browser, page = browser_of("owner"), f"{LIST}cancel/?held=suspected_bot"
    html, button = seen(browser, page)

    browser.post(page, button)

    assert "Cancel 3 messages?" in html and "cannot be undone" in html
    binned = CommunicationLog.objects.filter(state="cancelled", reason="cancelled_by_hand")
    assert binned.exclude(ended_at=None).count() == 3
    assert states() == ["cancelled"] * 3 + ["held"] * 5
    assert Lead.objects.count() == 3


@pytest.mark.parametrize("act", ["release", "cancel"])
def test_looking_and_a_post_without_a_look_change_nothing(flooded, browser_of, act):
    browser, page = browser_of("owner"), f"{LIST}{act}/?state__exact=held"

    browser.get(page)
    for stamp in ("", "yesterday", "2026-13-45T00:00", "2026-01-01T00:00:00"):
        browser.post(page, {"seen_at": stamp})

    assert states() == ["held"] * 8


def test_a_second_click_changes_nothing(flooded, browser_of):
    browser, page = browser_of("owner"), f"{LIST}release/?state__exact=held"
    _, button = seen(browser, page)

    browser.post(page, button)
    CommunicationLog.objects.filter(channel="voice").update(state="held", reason="budget_spent")
    again = browser.post(page, button, follow=True).content.decode()

    assert "nothing was changed" in again
    assert states() == ["held"] * 3 + ["pending"] * 5


def test_what_came_after_the_look_stays_held(flooded, browser_of, ask):
    browser, page = browser_of("owner"), f"{LIST}release/?state__exact=held"
    _, button = seen(browser, page)
    late = ask(name="Late", phone="98111 11111", arrival={"suspicion": "suspected_bot"})

    browser.post(page, button)

    held = CommunicationLog.objects.filter(state="held")
    assert set(held.values_list("contact", flat=True)) == {late.contact_id}


@pytest.mark.parametrize("everything", [False, True])
def test_ticked_rows_and_all_pages_lead_to_the_same_look(flooded, browser_of, everything):
    browser = browser_of("owner")
    ticked = CommunicationLog.objects.filter(reason="suspected_bot")[:2]
    chosen = {"action": "release_selected", "_selected_action": [str(log.pk) for log in ticked]}

    look = browser.post(f"{LIST}?held=suspected_bot",
                        {**chosen, "select_across": "1" if everything else "0"})  # fmt: skip
    html, button = seen(browser, look.url)
    browser.post(look.url, button)

    count = 3 if everything else 2
    assert f"Release {count} messages?" in html
    assert states() == ["held"] * (8 - count) + ["pending"] * count


def test_a_counsellor_moves_nothing_however_it_is_asked(flooded, browser_of):
    browser = browser_of("counsellor")
    stamp = {"seen_at": timezone.now().isoformat()}
    ids = [str(log.pk) for log in CommunicationLog.objects.all()]

    answers = [
        browser.post(page, stamp).status_code
        for page in (f"{LIST}release/", f"{LIST}cancel/", f"{LEADS}release/")
    ]
    for act in ("release_selected", "cancel_selected"):
        browser.post(LIST, {"action": act, "_selected_action": ids})

    assert answers == [403] * 3
    assert states() == ["held"] * 8


@pytest.mark.parametrize("query", ["id__in=x", "channel__exact=%FF", "nonsense=1", "p=x"])
def test_an_address_that_means_nothing_moves_nothing(flooded, browser_of, query):
    answer = browser_of("owner").post(f"{LIST}release/?{query}", {"seen_at": "x"}, follow=True)

    assert answer.status_code in (200, 400)
    assert states() == ["held"] * 8


@pytest.mark.django_db(transaction=True)
def test_a_released_message_still_passes_the_gates(product, browser_of):
    """A release is a person's word about counters, not about numbers that cost money."""
    product.ask(arrival={"suspicion": "suspected_bot"})
    CommunicationLog.objects.filter(channel="voice").update(recipient="+18005550123")
    browser, page = browser_of("owner"), f"{LIST}release/?held=suspected_bot"
    _, button = seen(browser, page)

    browser.post(page, button)
    pauses.switch_off("whatsapp", by="Owner")
    for log in CommunicationLog.objects.filter(state="pending"):
        delivery.deliver(log.pk)

    held = CommunicationLog.objects.filter(state="held").values_list("channel", "reason")
    assert dict(held) == {"voice": "number_abroad", "whatsapp": "switched_off"}
    assert not CommunicationLog.objects.exclude(provider_id="").exists()


def test_a_step_ends_in_time_and_says_what_is_left(db, centre, browser_of, monkeypatch):
    fill(7)
    monkeypatch.setattr(bulk, "BATCH", 2)
    monkeypatch.setattr(bulk, "AT_ONCE", 4)
    browser, page = browser_of("owner"), f"{LIST}release/?held=sequential_numbers"
    html, button = seen(browser, page)

    first = browser.post(page, button, follow=True)
    after_first = states()
    _, button = seen(browser, page)
    second = browser.post(page, button, follow=True).content.decode()

    assert "Release the first 4 messages?" in html and "One step takes at most 4" in html
    assert first.redirect_chain == [(page, 302)]
    assert "4 messages released." in words(first.content.decode())
    assert "3 are still held." in words(first.content.decode())
    assert after_first == ["held"] * 3 + ["pending"] * 4
    assert "3 messages released." in words(second)
    assert states() == ["pending"] * 7


def test_ten_thousand_cost_no_more_queries_than_ten(db, centre, browser_of, set_limits):
    set_limits(budget_whatsapp_paise_hour=0, budget_whatsapp_paise_day=0)
    browser = browser_of("owner")
    pages = ["/admin/", f"{LIST}?held=sequential_numbers", f"{LEADS}?held=sequential_numbers",
             f"{LIST}release/?held=sequential_numbers"]  # fmt: skip

    def queries():
        counts = []
        for page in pages:
            browser.get(page)
            remember.forget_everything()
            with CaptureQueriesContext(connection) as made:
                assert browser.get(page).status_code == 200
            counts.append(len(made))
        return counts

    fill(10)
    few = queries()
    CommunicationLog.objects.all().delete()
    Contact.objects.all().delete()
    fill(10_000)
    many = queries()
    page = pages[-1]
    html, button = seen(browser, page)
    with CaptureQueriesContext(connection) as moving:
        done = browser.post(page, button, follow=True).content.decode()

    assert many == few and max(many) <= 27  # the first page with the cards of the till
    assert "Release 10,000 messages?" in html and "10,000 messages released." in done
    assert len(moving) < 150
    assert not CommunicationLog.objects.filter(state="held").exists()


def test_the_enquiry_list_finds_people_whose_messages_are_held(flooded, browser_of, ask):
    ask(name="Real Person", phone="98111 22222")
    browser = browser_of("owner")

    def names(query):
        rows = browser.get(f"{LEADS}?{query}").context["cl"].result_list
        return sorted(lead.name for lead in rows)

    assert names("held=any") == ["Asha Rao", "Bot Two", "Zoya Khan"]
    assert names("held=sequential_numbers") == ["Bot Two", "Zoya Khan"]
    assert names("held=sequential_numbers&q=zoya") == ["Zoya Khan"]
    assert names("held=budget_spent") == []


def test_an_enquiry_says_in_words_why_its_messages_are_held(flooded, browser_of):
    browser = browser_of("counsellor")

    listed = browser.get(f"{LEADS}?held=any").content.decode()
    opened = browser.get(f"{LEADS}{flooded.pk}/change/").content.decode()

    assert "held: sequential numbers" in listed
    assert "Held for a look: 2 messages." in opened
    assert "Neighbouring numbers asked one after the other" in opened
    assert "Release them" not in opened


def test_ticked_people_get_their_messages_and_nobody_else(flooded, browser_of):
    browser = browser_of("owner")
    chosen = {"action": "release_their_messages", "_selected_action": [str(flooded.pk)]}

    look = browser.post(f"{LEADS}?held=any", chosen)
    html, button = seen(browser, look.url)
    browser.post(look.url, button)

    assert "Release 2 messages?" in html
    assert states() == ["held"] * 6 + ["pending"] * 2
    assert not flooded.communication_logs.exclude(state="pending").exists()
