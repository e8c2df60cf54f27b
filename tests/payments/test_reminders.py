"""A fee that falls due is spoken of on its days, once each, and never after it was paid."""

import subprocess
import sys
import time
from datetime import date, timedelta
from functools import partial

import pytest

from academics import seats
from coaching.accounts.services import opt_out
from coaching.celery import app
from coaching.centre.models import Profile
from coaching.messaging.services import release
from payments import notices, refunds, reminders
from payments.models import Instalment, Order
from payments.services import reject
from tests.payments.at_once import at_once
from tests.payments.conftest import Till
from tests.payments.letters import an_order, nothing_asked_before_leaving, pay, rows

DUE = date(2026, 12, 28)  # the second half of the demo's first course: week 4
AFTER_JOINING = [date(2026, 12, 1) + timedelta(days=n) for n in range(60)]


@pytest.fixture
def clock(time_machine):
    """Moves to a day in December 2026, at ten in India unless another time is given."""

    def move(day, at="10:00"):
        time_machine.move_to(f"{day} {at} +0530")

    move("2026-12-01", "12:00")
    return move


@pytest.fixture
def student(clock, centre):
    """The order of somebody who joined on 1 December and owes ₹4,500 on the 28th."""
    return a_student()


def a_student(**how):
    order = an_order(Till(), starts_on=date(2026, 12, 7), **how)
    pay(order)
    return order


def reminded():
    """What was queued by now: how many reminders on each channel."""
    return tuple(rows("fee_reminder").filter(channel=c).count() for c in ("whatsapp", "email"))


def days_of_reminders(clock, days=AFTER_JOINING):
    """Scan at ten, at noon and at eight on each day; returns the days that queued something."""
    found, before = [], reminded()
    for day in days:
        for at in ("10:00", "12:00", "20:00"):
            clock(day, at)
            reminders.remind()
        if reminded() != before:
            assert reminded() == (before[0] + 1, before[1] + 1)
            found.append(day)
            before = reminded()
    return found


def grace(centre, days):
    centre.fee_grace_days = days
    centre.save()


def everything_needs_approval(centre):
    centre.approval_above_paise = 0
    centre.save()


def around(*offsets):
    return [DUE + timedelta(days=offset) for offset in offsets]


@pytest.mark.parametrize(
    ("grace_days", "offsets"),
    [(5, (-3, 0, 3, 5)), (0, (-3, 0, 3)), (1, (-3, 0, 1, 3)), (3, (-3, 0, 3)), (9, (-3, 0, 3, 9))],
)  # fmt: skip
def test_it_is_said_before_on_and_after_the_day_and_before_the_lock(
    student, clock, centre, grace_days, offsets
):
    grace(centre, grace_days)

    assert days_of_reminders(clock) == around(*offsets)


def test_a_reminder_says_what_is_owed_by_when_and_until_when_the_course_is_open(student, clock):
    clock(DUE)

    reminders.remind()

    context = rows("fee_reminder").get(channel="email").context
    assert context["amount"] == "₹4,500"
    assert context["day"] == "28 December 2026"
    assert context["note"] == "If it is not paid, the course is locked after 2 January 2027."
    assert f"/payments/pay/{student.token}/" in context["link"]


def test_a_course_that_is_locked_is_said_to_be(student, clock, centre):
    grace(centre, 1)
    clock("2026-12-31")

    reminders.remind()

    note = rows("fee_reminder").get(channel="email").context["note"]
    assert note == "The course is locked until it is paid."


def test_a_student_who_reads_hindi_is_reminded_in_hindi(clock, centre):
    a_student(language="hi", name="आशा राव")
    clock(DUE)

    reminders.remind()

    row = rows("fee_reminder").get(channel="whatsapp")
    assert (row.language, row.context["day"]) == ("hi", "28 दिसंबर 2026")


@pytest.mark.parametrize("host_zone", ["America/New_York", "UTC", "Pacific/Kiritimati"])
def test_the_day_begins_at_midnight_in_india_wherever_the_host_is(
    student, clock, monkeypatch, host_zone
):
    monkeypatch.setenv("TZ", host_zone)
    time.tzset()
    clock("2026-12-24", "23:59")
    is_another_day = date.today() != date(2026, 12, 24)  # what the host believes
    reminders.remind()
    the_evening_before = reminded()

    clock("2026-12-25", "00:00")
    reminders.remind()

    monkeypatch.undo()
    time.tzset()
    assert (the_evening_before, reminded()) == ((0, 0), (1, 1))
    assert is_another_day is (host_zone == "Pacific/Kiritimati")


def test_part_of_it_paid_leaves_the_rest_to_be_asked_for(student, clock):
    pay(student, 200_050)
    clock(DUE)

    reminders.remind()

    assert rows("fee_reminder").get(channel="email").context["amount"] == "₹2,499.50"


def test_of_two_instalments_overdue_each_is_asked_for_with_its_own_amount(clock, centre):
    order = an_order(Till(), starts_on=date(2026, 12, 7))
    pay(order, 300_000)
    Instalment.objects.update(due_on=DUE)
    clock(DUE)

    reminders.remind()

    asked = [row.context["amount"] for row in rows("fee_reminder").filter(channel="email")]
    assert sorted(asked) == ["₹2,000", "₹4,500"]


def test_what_is_paid_is_not_asked_for(student, clock):
    pay(student, 450_000)

    assert days_of_reminders(clock) == []


def test_cash_that_waits_for_approval_is_not_asked_for_again(student, clock, centre):
    everything_needs_approval(centre)
    waiting = pay(student, 450_000)

    assert days_of_reminders(clock, around(-3, 0)) == []
    reject(waiting, by=None, reason="It was never handed over")
    assert days_of_reminders(clock, around(3)) == around(3)


def test_a_place_that_was_never_paid_for_is_not_asked_for(clock, centre):
    an_order(Till(), starts_on=date(2026, 12, 7))

    assert days_of_reminders(clock) == []


def test_who_has_left_is_not_asked(student, clock):
    refunds.leave(Order.objects.get())

    assert days_of_reminders(clock) == []


def test_nothing_is_said_on_the_day_of_joining(clock, centre):
    clock(DUE, "15:00")
    a_student()

    days = days_of_reminders(clock, around(0, 1, 2, 3))

    assert days == around(3)


@pytest.mark.parametrize(("days_down", "is_said"), [(1, True), (2, True), (3, False)])
def test_a_day_that_beat_missed_is_caught_up_with_unless_it_is_long_ago(
    student, clock, centre, days_down, is_said
):
    grace(centre, 30)
    back_again = DUE + timedelta(days=3 + days_down)  # what it missed was due three days after

    assert days_of_reminders(clock, [back_again]) == ([back_again] if is_said else [])


def test_a_new_due_date_has_reminders_of_its_own(student, clock):
    clock(DUE)
    reminders.remind()
    Instalment.objects.filter(number=2).update(due_on=DUE + timedelta(days=10))

    days = days_of_reminders(clock, around(*range(1, 15)))

    assert days == around(7, 10, 13)


@pytest.mark.django_db(transaction=True)
def test_twenty_scans_at_once_say_it_once(student, clock):
    clock(DUE)

    answers = at_once([reminders.remind] * 20)

    assert answers == [None] * 20
    assert reminded() == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_without_the_common_key_twenty_at_once_would_say_it_twenty_times(student, clock):
    part = student.instalments.get(number=2)

    at_once(partial(notices.fee_reminder, part, step) for step in range(20))

    assert reminded() == (20, 20)


def test_one_student_whose_reminder_cannot_be_written_keeps_no_other_from_theirs(student, clock):
    a_student(name="Ravi Rao")
    broken = Order.objects.get(pk=student.pk).enrollment
    broken.activated_at = None
    broken.save()
    clock(DUE)

    reminders.remind()

    assert reminded() == (1, 1)
    assert rows("fee_reminder").get(channel="email").context["name"] == "Ravi"


def whatever_leaves(product, order):
    product.work()
    return (
        len(product.sandbox.messages(order.contact.phone)),
        len(product.sandbox.mails("asha@example.com")),
    )


def queued(student, clock):
    """Ready to leave, and nothing else: the receipt of joining is out of the way."""
    rows("payment_received").delete()
    clock(DUE)
    reminders.remind()


def test_a_reminder_arrives_once_on_each_channel(product, student, clock):
    queued(student, clock)

    whatever_leaves(product, student)

    assert whatever_leaves(product, student) == (1, 1)


def in_cash_above_the_limit(order):
    everything_needs_approval(Profile.fresh())
    pay(order, 450_000)


@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [
        (lambda order: pay(order, 450_000), "paid"),
        (lambda order: pay(order, 10_000), "paid"),
        (in_cash_above_the_limit, "paid"),
        (lambda order: refunds.leave(Order.objects.get(pk=order.pk)), "order_over"),
        (lambda order: seats.cancel(order.enrollment), "order_over"),
        (lambda order: opt_out(order.contact, source="whatsapp"), "opted_out"),
    ],
)
def test_what_is_settled_between_queueing_and_sending_is_not_asked_for(
    product, student, clock, meanwhile, reason
):
    queued(student, clock)
    meanwhile(student)
    rows("payment_received").delete()

    assert whatever_leaves(product, student) == (0, 0)

    settled = set(rows("fee_reminder").values_list("state", "reason"))
    assert settled == {("cancelled", reason)}


def test_a_held_reminder_that_is_released_after_the_payment_does_not_leave(product, student, clock):
    queued(student, clock)
    rows("fee_reminder").update(state="held", reason="budget_spent")
    pay(student, 450_000)
    rows("payment_received").delete()

    assert all(release(row) for row in rows("fee_reminder"))

    assert whatever_leaves(product, student) == (0, 0)


def test_without_the_question_before_sending_a_paid_fee_would_be_asked_for(product, student, clock):
    queued(student, clock)
    pay(student, 450_000)
    rows("payment_received").delete()

    with nothing_asked_before_leaving():
        left = whatever_leaves(product, student)

    assert left == (1, 1)


def test_every_worker_knows_what_to_ask_and_what_to_attach():
    program = (
        "import coaching.celery, django; django.setup();"
        "coaching.celery.app.loader.import_default_modules();"
        "from coaching.messaging.signals import about_to_leave, attaching;"
        "print(about_to_leave.has_listeners(), attaching.has_listeners())"
    )

    worker = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert worker.stdout.split()[-2:] == ["True", "True"]


def test_beat_rings_at_ten_in_india_and_each_hour_until_evening():
    entry = app.conf.beat_schedule["remind of fees"]

    assert (entry["schedule"].hour, entry["schedule"].minute) == (set(range(10, 21)), {0})
    assert app.conf.timezone == "Asia/Kolkata"
    app.loader.import_default_modules()
    assert entry["task"] in app.tasks
