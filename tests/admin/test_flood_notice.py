"""A flood of enquiries: the owner is told once, with true numbers, until they have looked."""

from django.utils import timezone

from coaching.messaging import bulk, reports
from coaching.messaging.models import Alert, CommunicationLog
from leads import flood


def asked_by_a_program(ask, count, first=0):
    for n in range(first, first + count):
        arrival = {"suspicion": "suspected_bot" if n % 2 else "sequential_numbers"}
        ask(name=f"Bot {n}", phone=f"98111 {22000 + n * 271}", arrival=arrival)


def test_a_flood_is_one_notice_whose_numbers_stay_true(ask, db):
    asked_by_a_program(ask, reports.A_FLOOD)
    flood.tell_of_a_flood()
    asked_by_a_program(ask, 2, first=reports.A_FLOOD)

    flood.tell_of_a_flood()

    assert Alert.objects.get().text == (
        "Enquiries from 12 numbers look like a program's: their 24 messages are held, and nothing "
        "was spent on them. Bin what a program wrote, release the people."
    )


def test_a_few_strange_enquiries_are_no_flood(ask, db):
    asked_by_a_program(ask, reports.A_FLOOD - 1)
    ask(name="Abroad", phone="+44 7911 123456")
    ask(name="Real Person", phone="98765 43210")

    flood.tell_of_a_flood()

    assert not Alert.objects.exists()


def test_the_notice_goes_when_the_owner_has_looked_and_stays_until_then(ask, browser_of):
    asked_by_a_program(ask, reports.A_FLOOD)
    flood.tell_of_a_flood()
    alert, browser = Alert.objects.get(), browser_of("owner")

    page = browser.get("/admin/").content.decode()
    browser.post(f"/admin/messaging/alert/{alert.pk}/seen/")
    unlooked = Alert.objects.filter(closed_at=None).count()
    bulk.cancel_many(CommunicationLog.objects.all(), timezone.now())
    flood.tell_of_a_flood()

    assert '<a class="desk-button" href="/admin/leads/lead/?held=program">Look at them</a>' in page
    assert "It goes by itself once you have looked at them." in page
    assert unlooked == 1
    assert not Alert.objects.filter(closed_at=None).exists()


def test_the_page_that_the_notice_leads_to_shows_whom_it_speaks_of(ask, browser_of):
    asked_by_a_program(ask, 4)
    ask(name="Abroad", phone="+44 7911 123456")

    shown = browser_of("owner").get("/admin/leads/lead/?held=program").context["cl"].result_list

    assert {lead.name for lead in shown} == {"Bot 0", "Bot 1", "Bot 2", "Bot 3"}
