"""The command centre speaks the owner's language: one name for a thing, and no word of ours."""

import re
from datetime import date

import pytest
from django.urls import reverse

from coaching.admin_theme import UNFOLD
from coaching.messaging import pauses, reports
from coaching.messaging.models import Alert, CommunicationLog, Pause, ProviderDiff
from leads.templatetags.sources import source_name
from leads.timeline import timeline
from tests.admin.test_switches import words

ONE = {"sid": "SM" + "1" * 32, "to": "3210", "at": "2026-11-22T10:00:00+00:00", "log": ""}
JARGON = ("prefix", "network", "breaker", "paise", "/24", "IPv6", "outcome")


def shown(browser, path):
    return words(browser.get(path, follow=True).content.decode())


@pytest.mark.parametrize(
    ("model", "one", "many"),
    [(Alert, "notice", "notices"), (Pause, "stop", "earlier stops"),
     (ProviderDiff, "daily comparison", "daily comparisons")],
)  # fmt: skip
def test_the_side_bar_and_the_page_call_a_thing_by_the_same_name(browser_of, model, one, many):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    entries = {
        str(entry["link"]): entry["title"]
        for group in UNFOLD["SIDEBAR"]["navigation"]
        for entry in group["items"]
    }

    page = browser_of("owner").get(reverse(name)).content.decode()

    heading = words(re.search(r"<h1.*?</h1>", page, re.DOTALL)[0])
    assert (model._meta.verbose_name, model._meta.verbose_name_plural) == (one, many)
    assert entries[reverse(name)] == many.capitalize()
    assert heading.endswith(many.capitalize())


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("messaging/alert/", "What you must know appears here"),
        ("messaging/pause/", "A channel that you stop, or that stops by itself, is listed here"),
        ("messaging/providerdiff/", "Each morning at 5:10 the day before is compared"),
        ("centre/holiday/", "Add each day on which the centre has no classes"),
        ("accounts/consent/", "Every agreement and every STOP is written down here"),
    ],
)
def test_an_empty_list_says_what_will_appear_in_it(browser_of, path, says):
    assert says in shown(browser_of("owner"), f"/admin/{path}")


def test_a_list_without_such_a_sentence_still_says_something(browser_of):
    page = shown(browser_of("owner"), "/admin/academics/course/")

    assert "What is added appears in this list." in page


def test_a_list_counts_its_results_only_where_something_was_looked_for(ask, browser_of):
    ask()
    browser, page = browser_of("owner"), "/admin/messaging/communicationlog/"

    whole, part = shown(browser, page), shown(browser, f"{page}?channel__exact=voice")

    assert "results" not in whole and "2 messages" in whole
    assert "1 result ( Show all )" in part


def test_limits_and_budgets_open_at_their_own_place_without_a_word_of_ours(browser_of, centre):
    page = browser_of("owner").get("/admin/centre/profile/1/change/").content.decode()

    before, anchor, limits = page.partition('id="limits"')
    assert anchor and words(before).endswith("Limits and budgets <span")
    assert [word for word in JARGON if word in words(limits)] == []


def test_each_limit_says_truly_what_nought_means(centre):
    fields = {field.name: field for field in centre._meta.get_fields()}
    nought = {
        name: re.search(r"0 (.*)\.", str(field.help_text))[1]
        for name, field in fields.items()
        if re.search(r"\b0 ", str(getattr(field, "help_text", "")))
    }

    assert nought == {
        "leads_per_ip_hour": "= no limit",
        "leads_per_network_hour": "= no limit",
        "leads_per_prefix_hour": "= no limit",
        "sequential_numbers": "= no limit",
        "budget_whatsapp_paise_day": "= no limit",
        "budget_voice_paise_day": "= no limit",
        "budget_whatsapp_paise_hour": "= only the day counts",
        "budget_voice_paise_hour": "= only the day counts",
        "price_whatsapp_paise": "only where there is no budget",
        "price_voice_paise_minute": "only where there is no budget",
        "breaker_outcomes": "= never",
        "early_discount_paise": "= none",
        "approval_above_paise": "= always",
    }


def test_a_message_and_its_reason_are_said_in_words(ask, browser_of):
    lead = ask(arrival={"suspicion": "too_many_from_address"})
    log = CommunicationLog.objects.filter(channel="whatsapp").get()

    page = shown(browser_of("owner"), f"/admin/messaging/communicationlog/{log.pk}/change/")
    events = " ".join(f"{event.title} {event.text}" for event in timeline(lead.contact))

    assert "WhatsApp · enquiry welcome · Held" in page
    assert "enquiry_welcome" not in page
    assert "Handed to the provider not yet" in page
    assert "Sending was held: too many from one address." in events
    assert "Through the enquiry form" in events


@pytest.mark.parametrize(
    ("code", "name"),
    [("api", "another website or program"), ("website", "the website"), ("walk-in", "a visit"),
     ("Diwali poster", "Diwali poster")],
)  # fmt: skip
def test_a_source_is_named_and_a_campaigns_own_name_stays(code, name):
    assert source_name(code) == name


@pytest.mark.parametrize(
    ("channel", "title"),
    [("voice", "Stop calls?"), ("email", "Stop e-mails?"), ("whatsapp", "Stop WhatsApp messages?")],
)
def test_stopping_a_channel_is_asked_in_the_plural(browser_of, channel, title):
    assert title in shown(browser_of("owner"), f"/admin/messaging/pause/{channel}/stop/")


def test_a_stop_that_nobody_made_was_made_by_itself(browser_of):
    pauses.trip("voice", "Too few.")

    assert "itself" in shown(browser_of("owner"), "/admin/messaging/pause/")


def test_who_cannot_release_is_told_that_the_owner_looks(ask, browser_of):
    ask(arrival={"suspicion": "suspected_bot"})
    log = CommunicationLog.objects.first()
    page = f"/admin/messaging/communicationlog/{log.pk}/change/"

    pages = [shown(browser_of(role), page) for role in ("owner", "counsellor")]

    assert ["The owner looks at it" in page for page in pages] == [False, True]
    assert reports.needing_a_hand(may_release=False)[0].hint == "the owner looks at them"
    assert reports.needing_a_hand()[0].hint == "waiting for your look"


def test_the_speed_table_has_no_percentiles_but_their_words(ask, browser_of):
    ask()

    page = shown(browser_of("owner"), "/admin/")

    assert "Step Half within 95 of 100 within 99 of 100 within Count" in page
    assert not re.search(r"\bp(50|95|99)\b", page)


def diff(channel, count, *, twice=0, lacking=0):
    return ProviderDiff(
        day=date(2026, 11, 22), channel=channel, provider_count=count, unclaimed=[ONE] * twice,
        missing=[ONE] * lacking,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "ours", "means"),
    [
        (diff("whatsapp", 12), 12, "Both have the same."),
        (diff("voice", 0), 0, "Nothing was sent."),
        (diff("whatsapp", 13, twice=1), 12, "1 may have reached somebody twice. The day's page"),
        (diff("whatsapp", 10, lacking=2), 12, "Of those we count as sent, the provider does not"),
        (diff("voice", 12, twice=2, lacking=2), 12, "2 may have reached somebody twice."),
        (diff("email", 12), 12, "Each was handed over once. Mail servers keep no list"),
        (diff("email", 12, twice=3), 12, "3 may have reached somebody twice, because the mail"),
        (diff("email", 0), 0, "Nothing was sent."),
    ],
)  # fmt: skip
def test_a_comparison_says_both_counts_and_what_they_mean(found, ours, means):
    assert found.our_count == ours
    assert found.meaning.startswith(means)


def test_the_list_of_comparisons_shows_both_counts_side_by_side(browser_of):
    diff("whatsapp", 13, twice=1).save()
    diff("email", 12).save()

    page = shown(browser_of("owner"), "/admin/messaging/providerdiff/")

    assert "Sent by us: 12 · Provider has: 13" in page
    assert "Sent by us: 12 Once each" in page
