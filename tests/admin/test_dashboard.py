"""The first page answers what matters today, and its figures are the lists' own."""

import re

import pytest
from django.utils import timezone

from academics.models import Batch
from coaching.messaging import reports
from coaching.messaging.models import CommunicationLog
from leads import reports as lead_reports
from leads.models import Lead


def listed(browser, href):
    return browser.get(href.replace("&amp;", "&")).context["cl"].result_count


def seconds_until_a_call_left():
    call = next(speed for speed in reports.response_times() if speed.channel == "voice")
    assert call.legs[0].count == 1
    return call.legs[0].p50


def test_every_card_counts_what_its_list_shows(ask, browser_of):
    for number in range(4):
        ask(name=f"Person {'ABCD'[number]}", phone=f"98765 4321{number}")
    logs = CommunicationLog.objects.order_by("pk")
    for state, log in zip(["held", "failed", "unknown", "held"], logs, strict=False):
        CommunicationLog.objects.filter(pk=log.pk).update(state=state, reason="gave_up")
    Lead.objects.filter(name="Person A").update(status="contacted")
    browser = browser_of("owner")

    html = browser.get("/admin/").content.decode()

    cards = re.findall(
        r'<a class="desk-card[^"]*" href="([^"]+)">\s*<span class="desk-number">([^<]+)', html
    )
    assert [int(number) for _, number in cards] == [4, 3, 2, 1, 1]
    assert [listed(browser, href) for href, _ in cards] == [4, 3, 2, 1, 1]


def test_the_number_of_queries_is_the_same_for_one_enquiry_and_for_five(
    ask, browser_of, django_assert_num_queries
):
    ask()
    browser = browser_of("owner")
    browser.get("/admin/")
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        browser.get("/admin/")
    for number in range(4):
        ask(name=f"Person {'ABCD'[number]}", phone=f"98765 4320{number}")

    with django_assert_num_queries(len(one)):
        browser.get("/admin/")
    assert len(one) <= 27


def test_a_teacher_sees_batches_and_nothing_about_people(ask, browser_of):
    ask(name="Asha Rao")

    html = browser_of("teacher").get("/admin/").content.decode()

    assert "Next batches" in html
    assert "Asha" not in html and "Newest enquiries" not in html and "How fast" not in html


def test_it_says_that_nothing_leaves_this_machine(browser_of, centre, settings):
    browser = browser_of("owner")

    simulated = browser.get("/admin/").content.decode()
    settings.SANDBOX = settings.CALLING_ALWAYS = False
    real = browser.get("/admin/").content.decode()

    assert "Simulation: nothing leaves this machine." in simulated
    assert "Calls are placed at any hour here" in simulated
    assert "Simulation" not in real


def test_an_empty_centre_says_what_to_do(browser_of):
    html = browser_of("owner").get("/admin/").content.decode()

    assert "Nobody has asked yet" in html and "Plan the next one" in html


def test_a_full_batch_is_called_full(browser_of, centre):
    batch = Batch.objects.open().first()
    Batch.objects.filter(pk=batch.pk).update(seats_taken_elsewhere=batch.seats)

    html = browser_of("teacher").get("/admin/").content.decode()

    assert '<span class="desk-chip is-danger">full</span>' in html


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], (None, None, None)), ([5], (5, 5, 5)), (list(range(1, 101)), (50, 95, 99))],
)
def test_percentiles_are_values_that_happened(values, expected):
    assert tuple(reports.percentile(values, p) for p in (50, 95, 99)) == expected


def test_response_times_count_from_the_question(ask):
    ask(email="asha@example.com")
    second = timezone.timedelta(seconds=1)
    for log in CommunicationLog.objects.all():
        CommunicationLog.objects.filter(pk=log.pk).update(
            state="delivered", posted_at=log.trying_since + second,
            accepted_at=log.trying_since + 2 * second, delivered_at=log.trying_since + 3 * second,
        )  # fmt: skip

    speeds = {speed.channel: [leg.p99 for leg in speed.legs] for speed in reports.response_times()}

    assert speeds == {channel: [1.0, 2.0, 3.0] for channel in ("whatsapp", "email", "voice")}


def test_response_times_read_one_bounded_query(ask, django_assert_num_queries):
    ask()

    with django_assert_num_queries(1):
        reports.response_times()


def test_a_call_asked_for_at_night_is_counted_from_the_morning(ask, in_calling_hours_only):
    night = timezone.localtime().replace(
        hour=2, minute=0, second=0, microsecond=0
    ) - timezone.timedelta(days=1)
    ask()
    CommunicationLog.objects.filter(channel="voice").update(
        created_at=night,
        trying_since=night.replace(hour=9),
        posted_at=night.replace(hour=9, second=2),
    )
    old_id = reports.first_id_since(night)
    log = CommunicationLog.objects.get(channel="voice")
    CommunicationLog.objects.filter(pk=log.pk).update(id=old_id.__class__(int=old_id.int + 10**30))

    assert seconds_until_a_call_left() == 2.0


def test_an_attempt_that_will_be_repeated_tomorrow_still_counts_as_it_was(ask):
    ask()
    log = CommunicationLog.objects.get(channel="voice")
    CommunicationLog.objects.filter(channel="voice").update(
        reason="busy", posted_at=log.trying_since + timezone.timedelta(seconds=3),
        created_at=log.trying_since, trying_since=log.trying_since + timezone.timedelta(days=1),
    )  # fmt: skip

    assert seconds_until_a_call_left() == 3.0


@pytest.mark.django_db(transaction=True)
def test_a_call_nobody_could_make_yesterday_is_counted_from_when_it_could_leave_today(
    product, in_calling_hours_only, time_machine
):
    evening = timezone.localtime().replace(hour=20, minute=59, second=0, microsecond=0)
    opening = evening.replace(hour=9, minute=0) + timezone.timedelta(days=1)
    product.sandbox.misbehave("calls", "429", times=None)
    time_machine.move_to(evening)
    product.ask()
    product.work()
    time_machine.move_to(evening.replace(hour=21, minute=1))
    product.work()
    product.sandbox.control("faults", method="DELETE")

    time_machine.move_to(opening + timezone.timedelta(seconds=2))
    product.work()

    assert product.log("voice").created_at < opening < product.log("voice").posted_at
    assert 2.0 <= seconds_until_a_call_left() < 60


def test_the_funnel_counts_everybody_who_came_at_least_this_far(ask):
    for number, status in enumerate(["new", "contacted", "interested", "enrolled", "lost"]):
        lead = ask(name=f"Person {'ABCDE'[number]}", phone=f"98765 4321{number}")
        Lead.objects.filter(pk=lead.pk).update(status=status)

    stages, lost, _ = lead_reports.funnel()

    assert [(stage.count, stage.percent) for stage in stages] == [
        (5, 100), (3, 60), (2, 40), (1, 20),
    ]  # fmt: skip
    assert lost == 1
