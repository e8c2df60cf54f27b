"""The owner bins what programs wrote, after a look, and takes back what was a person's."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coaching.accounts.models import Contact
from coaching.messaging import bulk
from coaching.messaging.models import CommunicationLog
from leads.models import Lead

LIST = "/admin/leads/lead/"
BIN = f"{LIST}bin/?held=suspected_bot"
BOT = {"suspicion": "suspected_bot"}


@pytest.fixture
def flooded(ask):
    """Three enquiries of programs, two of them for one course, and one of a person."""
    for name, end in (("Bot A", 1), ("Bot B", 2), ("Bot C", 3)):
        ask(name=name, phone=f"98765 4320{end}", arrival=BOT)
    return ask(name="Asha Rao", phone="98123 45678", email="asha@example.com")


def statuses():
    return dict(Lead.objects.values_list("name", "status"))


def states():
    return sorted(CommunicationLog.objects.values_list("state", flat=True))


def names(browser, query=""):
    return sorted(lead.name for lead in browser.get(f"{LIST}{query}").context["cl"].result_list)


def words(html):
    return " ".join(re.sub("<[^>]+>", " ", html).split())


def seen(browser, page):
    """Look at the page as the owner does; return its words, and what its button posts."""
    html = browser.get(page).content.decode()
    stamp = re.search(r'name="seen_at" value="([^"]+)"', html)
    return words(html), {"seen_at": stamp and stamp[1]}


def do(browser, page):
    """Look, and press the button; return the page that follows."""
    return browser.post(page, seen(browser, page)[1], follow=True)


def link(response, text):
    """Return where the link of this text leads."""
    found = re.search(rf'href="([^"]+)">{text}', response.content.decode())
    return found[1].replace("&amp;", "&")


# --- many ------------------------------------------------------------------------------------


def test_the_look_says_whose_how_many_and_what_happens(flooded, browser_of):
    says, _ = seen(browser_of("owner"), BIN)

    assert "Bin 3 enquiries?" in says
    assert "Bot C no course yet" in says and "Asha Rao" not in says
    assert "6 messages on their numbers, held or waiting, are cancelled" in says
    assert "can be taken back" in says
    assert set(statuses().values()) == {"new"}


def test_all_that_a_filter_shows_is_binned_and_nobody_else(flooded, browser_of):
    browser = browser_of("owner")

    done = do(browser, BIN)

    assert "3 enquiries binned." in words(done.content.decode())
    assert statuses() == {"Bot A": "junk", "Bot B": "junk", "Bot C": "junk", "Asha Rao": "new"}
    assert states() == ["cancelled"] * 6 + ["pending"] * 3


def test_undo_leads_to_what_was_just_binned_and_takes_it_back(flooded, ask, browser_of):
    browser = browser_of("owner")
    ask(name="Old Bot", phone="98700 00001", arrival=BOT)
    do(browser, f"{LIST}bin/?q=old")

    undo = link(do(browser, BIN), "Undo")
    listed = browser.get(undo).content.decode()
    done = do(
        browser, LIST + re.search(r'href="(take-back/[^"]+)"', listed)[1].replace("&amp;", "&")
    )

    assert "This is the bin" in words(listed) and "Old Bot" not in listed
    assert "3 enquiries taken back." in words(done.content.decode())
    assert statuses()["Old Bot"] == "junk" and statuses()["Bot A"] == "new"
    assert names(browser, link(done, "Their messages").removeprefix(LIST)) == [
        "Bot A", "Bot B", "Bot C",
    ]  # fmt: skip


@pytest.mark.parametrize("everything", [False, True])
def test_ticked_rows_and_all_pages_lead_to_the_same_look(flooded, browser_of, everything):
    browser = browser_of("owner")
    ticked = [str(lead.pk) for lead in Lead.objects.filter(name__in=["Bot A", "Bot B"])]
    chosen = {"action": "bin_selected", "_selected_action": ticked,
              "select_across": "1" if everything else "0"}  # fmt: skip

    look = browser.post(f"{LIST}?held=suspected_bot", chosen)
    do(browser, look.url)

    binned = sorted(name for name, status in statuses().items() if status == "junk")
    assert binned == ["Bot A", "Bot B", "Bot C"][: 3 if everything else 2]


def test_ticked_rows_of_the_bin_are_taken_back(flooded, browser_of):
    browser = browser_of("owner")
    do(browser, BIN)
    bot = Lead.objects.get(name="Bot B")
    chosen = {"action": "take_back_selected", "_selected_action": [str(bot.pk)]}

    look = browser.post(f"{LIST}?status__exact=junk", chosen)
    says, _ = seen(browser, look.url)
    do(browser, look.url)

    assert "Take 1 enquiry back?" in says and "2 cancelled messages are held for you" in says
    assert statuses() == {"Bot A": "junk", "Bot B": "new", "Bot C": "junk", "Asha Rao": "new"}


def test_who_has_another_open_enquiry_stays_in_the_bin_and_the_owner_is_told(
    flooded, ask, browser_of
):
    browser, take_back = browser_of("owner"), f"{LIST}take-back/?status__exact=junk"
    do(browser, BIN)
    ask(name="Bot A", phone="98765 43201")

    says, _ = seen(browser, take_back)
    done = words(do(browser, take_back).content.decode())
    nothing_left, _ = seen(browser, take_back)

    assert "Take 2 enquiries back?" in says and "1 more stay in the bin" in says
    assert "2 enquiries taken back." in done and "In the bin stay 1" in done
    assert "Each person has another open enquiry" in nothing_left


@pytest.mark.parametrize("page", [BIN, f"{LIST}take-back/?status__exact=junk"])
def test_looking_and_a_post_without_a_look_change_nothing(flooded, browser_of, page):
    browser = browser_of("owner")

    for stamp in ("", "yesterday", "2026-13-45T00:00", "2026-01-01T00:00:00"):
        assert browser.post(page, {"seen_at": stamp}).status_code == 200

    assert set(statuses().values()) == {"new"}


def test_what_came_after_the_look_stays(flooded, ask, browser_of):
    browser = browser_of("owner")
    _, button = seen(browser, BIN)
    ask(name="Late", phone="98111 11111", arrival=BOT)

    browser.post(BIN, button)
    again = browser.post(BIN, button, follow=True).content.decode()

    assert statuses()["Late"] == "new" and statuses()["Bot A"] == "junk"
    assert "nothing was changed" in again


def test_a_step_ends_in_time_and_says_what_is_left(flooded, browser_of, monkeypatch):
    monkeypatch.setattr(bulk, "BATCH", 1)
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    browser = browser_of("owner")

    says, _ = seen(browser, BIN)
    first = do(browser, BIN)
    second = do(browser, BIN)

    assert "Bin the first 2 enquiries?" in says and "One step takes the newest 2" in says
    assert first.redirect_chain == [(BIN, 302)]
    assert "1 more are to go" in words(first.content.decode())
    assert "1 enquiry binned." in words(second.content.decode())


@pytest.mark.parametrize("query", ["id__in=x", "updated_at__gte=x", "nonsense=1", "p=x"])
def test_an_address_that_means_nothing_moves_nothing(flooded, browser_of, query):
    answer = browser_of("owner").post(f"{LIST}bin/?{query}", {"seen_at": "x"}, follow=True)

    assert answer.status_code in (200, 400)
    assert set(statuses().values()) == {"new"}


def test_a_thousand_are_binned_in_as_many_questions_as_ten_are_looked_at(db, centre, browser_of):
    browser = browser_of("owner")

    def fill(first, count):
        phones = [f"+91{first + n}" for n in range(count)]
        contacts = Contact.objects.bulk_create(Contact(phone=phone) for phone in phones)
        Lead.objects.bulk_create(
            Lead(name="Bot", name_key="bot", phone=c.phone, contact=c) for c in contacts
        )

    def questions():
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(f"{LIST}bin/?when=today").status_code == 200
        return len(asked)

    fill(9_000_000_000, 10)
    questions()
    few = questions()
    fill(9_100_000_000, 1_000)
    many = questions()

    assert many == few <= 18
    assert "1,010 enquiries binned." in do(browser, f"{LIST}bin/?when=today").content.decode()
    assert Lead.objects.unbinned().count() == 0


# --- one -------------------------------------------------------------------------------------


def test_one_enquiry_is_binned_and_taken_back_by_one_click_each(flooded, browser_of):
    browser, lead = browser_of("owner"), Lead.objects.get(name="Bot A")
    page = f"{LIST}{lead.pk}/change/"

    offered = browser.get(page).content.decode()
    binned = browser.post(f"{LIST}{lead.pk}/bin/", follow=True).content.decode()
    was = statuses()["Bot A"]
    back = browser.post(f"{LIST}{lead.pk}/take-back/", follow=True).content.decode()

    assert "Not a person</button>" in offered and "Take back</button>" not in offered
    assert was == "junk" and statuses()["Bot A"] == "new"
    assert "In the bin: not a person." in words(binned) and "Take back</button>" in binned
    assert "Mark contacted" not in binned
    assert "Held for a look: 2 messages." in words(back)
    assert "It had been binned and was taken back." in words(back)
    assert LogEntry.objects.filter(object_id=str(lead.pk)).count() == 2


def test_one_that_cannot_move_says_why(flooded, ask, browser_of):
    browser, lead = browser_of("owner"), Lead.objects.get(name="Bot A")
    act = f"{LIST}{lead.pk}/"
    not_there = browser.post(f"{act}take-back/", follow=True).content.decode()
    browser.post(f"{act}bin/")
    twice = browser.post(f"{act}bin/", follow=True).content.decode()
    ask(name="Bot A", phone="98765 43201")

    doubled = browser.post(f"{act}take-back/", follow=True).content.decode()

    assert "Bot A is not in the bin" in not_there
    assert "Bot A is enrolled, in the bin" in twice
    assert "has another open enquiry" in doubled
    assert Lead.objects.get(pk=lead.pk).status == "junk"


def test_a_counsellor_bins_nothing_however_it_is_asked(flooded, browser_of):
    browser, lead = browser_of("counsellor"), Lead.objects.get(name="Bot A")
    stamp = {"seen_at": timezone.now().isoformat()}
    pages = [f"{LIST}bin/", f"{LIST}take-back/", f"{LIST}{lead.pk}/bin/",
             f"{LIST}{lead.pk}/take-back/"]  # fmt: skip

    answers = [browser.post(page, stamp).status_code for page in pages]
    for act in ("bin_selected", "take_back_selected"):
        browser.post(LIST, {"action": act, "_selected_action": [str(lead.pk)]})
    browser.post(f"{LIST}{lead.pk}/status/", {"status": "junk"})
    shown = [
        browser.get(p).content.decode() for p in (f"{LIST}?held=any", f"{LIST}{lead.pk}/change/")
    ]

    assert answers == [403] * 4
    assert set(statuses().values()) == {"new"}
    assert not any("Bin them all" in html or "Not a person</button>" in html for html in shown)


# --- lists and counts ------------------------------------------------------------------------


def test_the_list_shows_the_bin_only_where_it_is_asked_for(flooded, browser_of):
    browser = browser_of("owner")
    do(browser, BIN)

    assert names(browser) == ["Asha Rao"]
    assert names(browser, "?when=today") == ["Asha Rao"]
    assert names(browser, "?status__exact=junk") == ["Bot A", "Bot B", "Bot C"]
    assert names(browser, "?q=bot") == ["Bot A", "Bot B", "Bot C"]
    assert names(browser, "?status__in=new,junk") == ["Asha Rao", "Bot A", "Bot B", "Bot C"]


def test_the_export_follows_the_list(flooded, browser_of):
    browser = browser_of("owner")
    do(browser, BIN)

    def exported(query):
        return b"".join(browser.get(f"{LIST}export/{query}").streaming_content).decode()

    assert "Asha Rao" in exported("") and "Bot" not in exported("")
    assert "Bot A" in exported("?status__exact=junk")


def test_no_count_of_the_first_page_has_the_bin_in_it_and_each_is_its_list(flooded, browser_of):
    browser = browser_of("owner")
    before = browser.get("/admin/").content.decode()
    do(browser, BIN)

    html = browser.get("/admin/").content.decode()

    cards = re.findall(
        r'<a class="desk-card[^"]*" href="(/admin/leads/[^"]+)">\s*<span class="desk-number">(\d+)',
        html,
    )
    counts = [(int(count), len(names(browser, href.removeprefix(LIST)))) for href, count in cards]
    asked = re.search(r"<span>Asked</span> <span><strong>(\d+)", html)[1]
    assert counts == [(1, 1), (1, 1)] and asked == "1"
    assert "Bot A" not in html and "Bot A" in before
    assert "3 binned (not counted)" in words(html) and "binned" not in before
    assert len(names(browser, re.search(r'href="[^"]+(\?[^"]+)">3 binned', html)[1]
                     .replace("&amp;", "&"))) == 3  # fmt: skip


def test_the_list_without_the_bin_asks_no_more_than_the_bin_itself(flooded, browser_of):
    browser = browser_of("owner")
    asked = {}
    for page in (LIST, f"{LIST}?status__exact=junk", f"{LIST}?status__exact=new"):
        browser.get(page)
        with CaptureQueriesContext(connection) as made:
            browser.get(page)
        asked[page] = len(made)

    assert asked[LIST] == asked[f"{LIST}?status__exact=new"]
