"""The owner's switches, budgets and notices on the first page: said in words, posted, once."""

import re
from datetime import date, timedelta

import pytest
from django.utils import timezone

from coaching.centre.models import Profile
from coaching.messaging import alerts, delivery, pauses, spending
from coaching.messaging.models import Alert, CommunicationLog, Pause, ProviderDiff

PAUSE = "/admin/messaging/pause/"
CHANNELS = {"whatsapp", "email", "voice"}


def words(html):
    return " ".join(re.sub("<[^>]+>", " ", html).split())


def first_page(browser):
    return words(browser.get("/admin/").content.decode())


def stopped():
    return set(Pause.objects.filter(ended_at=None).values_list("channel", flat=True))


@pytest.mark.django_db(transaction=True)
def test_one_confirmed_post_stops_everything_that_is_due(product, browser_of):
    product.ask(email="asha@example.com")
    browser = browser_of("owner")

    shown = words(browser.get(f"{PAUSE}all/stop/").content.decode())
    before = stopped()
    browser.post(f"{PAUSE}all/stop/")
    for log in CommunicationLog.objects.all():
        delivery.deliver(log.pk)

    assert "no WhatsApp messages, no e-mails, no calls leave" in shown
    assert "so are the 3 waiting now" in shown and "Log-in codes and receipts stop, too" in shown
    assert before == set() and stopped() == CHANNELS
    assert set(CommunicationLog.objects.values_list("state", "reason")) == {
        ("held", "switched_off"),
    }  # fmt: skip


def test_the_first_page_says_who_stopped_what_and_offers_to_start_it(browser_of, centre):
    browser = browser_of("owner")
    browser.post(f"{PAUSE}voice/stop/")

    shown = first_page(browser)

    assert stopped() == {"voice"}
    assert "Call stopped Stopped by Owner just now. What falls due is held." in shown
    assert "WhatsApp on" in shown and "Start Call" in shown and "Stop… WhatsApp" in shown


def test_a_second_stop_changes_nothing_and_says_so(browser_of, centre):
    browser = browser_of("owner")
    browser.post(f"{PAUSE}all/stop/")
    first = list(Pause.objects.values_list("pk", "since"))

    again = browser.post(f"{PAUSE}all/stop/", follow=True).content.decode()

    assert "It was stopped already; nothing was changed." in again
    assert list(Pause.objects.values_list("pk", "since")) == first


def test_after_a_start_what_was_held_stays_held_and_is_one_click_away(ask, browser_of):
    browser = browser_of("owner")
    browser.post(f"{PAUSE}whatsapp/stop/")
    ask()
    CommunicationLog.objects.filter(channel="whatsapp").update(state="held", reason="switched_off")

    said = browser.post(f"{PAUSE}whatsapp/start/", follow=True).content.decode()
    again = browser.post(f"{PAUSE}whatsapp/start/", follow=True).content.decode()

    link = re.search(r'stays held: <a class="underline" href="([^"]+)">1 to look at', said)
    assert browser.get(link[1].replace("&amp;", "&")).context["cl"].result_count == 1
    assert stopped() == set()
    assert CommunicationLog.objects.get(channel="whatsapp").state == "held"
    assert "was not stopped by hand; nothing was changed" in again


def test_the_owner_lets_strangers_messages_leave_again(browser_of, centre):
    pauses.trip("voice", "Call: only 1 of the last 50 were answered.")
    browser = browser_of("owner")

    shown = first_page(browser)
    browser.post(f"{PAUSE}voice/breaker/")
    again = browser.post(f"{PAUSE}voice/breaker/", follow=True).content.decode()

    assert "Call partly held" in shown and "what the website causes is held until" in shown
    assert "Let strangers' messages leave again" in shown
    assert stopped() == set()
    assert "nothing had tripped; nothing was changed" in again


@pytest.mark.parametrize("page", ["fax/stop/", "fax/start/", "all/breaker/"])
def test_only_channels_that_there_are_are_switched(browser_of, centre, page):
    assert browser_of("owner").post(f"{PAUSE}{page}").status_code == 404


def test_the_first_page_shows_what_was_spent_of_which_budget(browser_of, set_limits):
    profile = set_limits(budget_whatsapp_paise_day=50_000, budget_whatsapp_paise_hour=0)
    spending.debit("whatsapp", 12_345, profile, timezone.now())

    html = browser_of("owner").get("/admin/").content.decode()

    assert "₹123.45 this hour, no limit" in words(html)
    assert "₹123.45 of ₹500 today" in words(html)
    assert '<progress class="desk-bar" max="50000" value="12345"' in html
    assert "The budget is spent" not in html


def test_a_budget_that_is_spent_or_below_the_price_of_one_is_called_so(browser_of, set_limits):
    profile = set_limits(budget_whatsapp_paise_hour=200, budget_voice_paise_day=899,
               budget_voice_paise_hour=899)  # fmt: skip
    spending.debit("whatsapp", 200, profile, timezone.now())

    shown = first_page(browser_of("owner"))

    assert "The budget is spent: one costs up to ₹1." in shown
    assert "One costs up to ₹9, more than the budget: none can leave." in shown


def test_only_the_owner_sees_switches_spending_and_notices(browser_of, centre):
    Alert.objects.create(key="x", text="Something happened.")

    pages = {role: first_page(browser_of(role)) for role in ("owner", "counsellor", "teacher")}

    for shown in ("Something happened.", "Stop all sending…", "of ₹500 today"):
        assert [shown in pages[role] for role in pages] == [True, False, False], shown


def test_a_notice_is_put_away_once_and_stays_in_the_list(browser_of, centre):
    alert = Alert.objects.create(key="diff:email:2026-11-22", text="22 Nov: 1 e-mail went twice.")
    browser, page = browser_of("owner"), f"/admin/messaging/alert/{alert.pk}/seen/"

    before = first_page(browser)
    browser.post(page)
    again = browser.post(page, follow=True).content.decode()

    assert "22 Nov: 1 e-mail went twice. just now" in before
    assert "It was put away already." in again
    assert "1 e-mail went twice" not in first_page(browser)
    assert "1 e-mail went twice" in browser.get("/admin/messaging/alert/").content.decode()


def end_pauses():
    Pause.objects.update(ended_at=timezone.now())


def spend_the_budget(set_limits):
    profile = set_limits(budget_voice_paise_day=900, budget_voice_paise_hour=900)
    spending.debit("voice", 900, profile, timezone.now())
    alerts.raise_alert("budget:voice:2026-11-23", "Call: the budget is spent.")


def raise_the_budget(set_limits):
    set_limits(budget_voice_paise_day=5_000, budget_voice_paise_hour=5_000)


@pytest.mark.parametrize(
    ("happens", "settles", "says"),
    [
        (lambda _: pauses.refused("email"), lambda _: end_pauses(),
         "It goes by itself once the provider accepts our keys."),
        (lambda _: pauses.trip("voice", "Too few."), lambda _: end_pauses(),
         "It goes by itself after the hour, or when you let those messages leave again."),
        (spend_the_budget, raise_the_budget,
         "It goes by itself tomorrow at 12:00 AM; or raise the budget"),
    ],
)  # fmt: skip
def test_a_notice_of_what_is_still_so_stays_and_says_when_it_goes(
    browser_of, set_limits, happens, settles, says
):
    happens(set_limits)
    alert, browser = Alert.objects.get(), browser_of("owner")
    page = f"/admin/messaging/alert/{alert.pk}/seen/"

    shown = first_page(browser)
    browser.post(page)
    still_open = Alert.objects.filter(closed_at=None).exists()
    settles(set_limits)
    browser.post(page)

    assert says in shown and "Seen :" not in shown
    assert still_open
    assert not Alert.objects.filter(closed_at=None).exists()


def test_the_daily_comparison_names_what_may_have_gone_twice(ask, browser_of):
    ask()
    log = CommunicationLog.objects.get(channel="whatsapp")
    extra = {"sid": "SM" + "1" * 32, "to": "3210", "at": "2026-11-22T10:00:00+00:00",
             "log": str(log.pk)}  # fmt: skip
    found = ProviderDiff.objects.create(
        day=date(2026, 11, 22), channel="whatsapp", provider_count=41, unclaimed=[extra],
        missing=[{**extra, "sid": "SM" + "2" * 32, "log": ""}],
    )  # fmt: skip
    ProviderDiff.objects.create(day=date(2026, 11, 22), channel="voice", provider_count=7)
    browser = browser_of("owner")

    listed = browser.get("/admin/messaging/providerdiff/").content.decode()
    opened = browser.get(f"/admin/messaging/providerdiff/{found.pk}/change/").content.decode()

    assert "counted against the provider's own list" in listed
    assert words(listed).count("Differs") == 1 and words(listed).count("Agrees") == 1
    assert f"SM{'1' * 32} to …3210, 22 Nov, 03:30:00 PM" in opened
    assert f"/admin/messaging/communicationlog/{log.pk}/change/" in opened
    assert f"SM{'2' * 32} to …3210, 22 Nov, 03:30:00 PM, no message of ours" in opened


def test_the_switches_ask_as_often_whatever_was_sent(browser_of, centre, django_assert_num_queries):
    from coaching.messaging import switches

    for hours in range(5):
        spending.debit("voice", 100, Profile.fresh(), timezone.now() - timedelta(hours=hours))
    Profile.current()

    with django_assert_num_queries(5):
        switches.now()


def test_every_page_says_loudly_what_is_stopped_and_one_button_starts_it_all(browser_of, centre):
    browsers = [browser_of(role) for role in ("owner", "counsellor")]
    for channel in ("whatsapp", "voice"):
        pauses.switch_off(channel, by="Owner")

    loud = [words(b.get("/admin/leads/lead/").content.decode()) for b in browsers]
    refused = browsers[1].post(f"{PAUSE}all/start/").status_code
    done = browsers[0].post(f"{PAUSE}all/start/", follow=True).content.decode()
    again = browsers[0].post(f"{PAUSE}all/start/", follow=True).content.decode()

    assert ["Stopped: WhatsApp, Call" in page for page in loud] == [True, True]
    assert refused == 403
    earlier = words(browsers[0].get(PAUSE).content.decode())
    assert "WhatsApp leaves again. Call leaves again." in words(done)
    assert earlier.count("just now, by Owner") == 2
    assert "E-mail leaves again" not in done and "Stopped:" not in done
    assert "Sending was not stopped by hand; nothing was changed." in words(again)


@pytest.mark.parametrize(
    ("moment", "says"),
    [
        ("2026-11-23 15:59 +0530", "at 4:00 PM"),
        ("2026-11-23 23:20 +0530", "tomorrow at 12:00 AM"),
        ("2026-11-23 20:30 +0000", "at 3:00 AM"),  # 02:00 of the next day in India
    ],
)
def test_a_notice_names_the_hour_and_the_moment_when_it_is_over(
    product, centre, time_machine, moment, says
):
    time_machine.move_to(moment)
    centre.budget_whatsapp_paise_hour = 100
    centre.save()
    product.ask_many(2)

    product.work()

    text = Alert.objects.get().text
    assert text.startswith("WhatsApp: the budget of this hour is spent.")
    assert f"release it {says} or later" in text
