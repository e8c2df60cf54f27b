"""The budget: no paisa beyond it, and back what certainly did not leave."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from coaching.messaging import receipts, spending, sweeper
from coaching.messaging.delivery import undo_request
from coaching.messaging.models import Alert, CommunicationLog, Spend, State
from coaching.messaging.services import release
from tests.messaging.test_doubt import begun, later


def spent(channel):
    return {row.period: row.paise for row in Spend.objects.filter(channel=channel)}


@pytest.fixture
def budgets(centre):
    def set_budgets(**paise):
        for name, value in paise.items():
            setattr(centre, f"budget_{name}", value)
        centre.save()

    return set_budgets


def test_what_was_sent_is_debited_from_the_hour_and_the_day(product):
    product.ask()

    product.work()

    assert spent("whatsapp") == {"hour": 100, "day": 100}
    assert spent("voice") == {"hour": 900, "day": 900}
    assert spent("email") == {}


@pytest.mark.parametrize("period", ["hour", "day"])
def test_what_does_not_fit_into_the_budget_is_held_and_the_owner_told_once(
    product, budgets, period
):
    budgets(**{f"whatsapp_paise_{period}": 350})
    product.ask_many(6)

    product.work()

    assert len(product.sandbox.messages()) == 3
    assert spent("whatsapp") == {"hour": 300, "day": 300}
    held = CommunicationLog.objects.filter(state=State.HELD, reason="budget_spent")
    assert held.count() == 3
    assert Alert.objects.filter(key__startswith="budget:whatsapp").count() == 1


def test_a_budget_below_one_message_sends_none(product, budgets):
    budgets(whatsapp_paise_day=99)

    product.ask()
    product.work()

    assert product.sandbox.messages() == []
    assert spent("whatsapp") == {}


def test_no_budget_is_no_limit_and_is_counted_all_the_same(product, budgets):
    budgets(whatsapp_paise_day=0, whatsapp_paise_hour=0)

    product.ask()
    product.work()

    assert spent("whatsapp") == {"hour": 100, "day": 100}


def test_released_next_day_it_leaves(product, budgets, time_machine):
    time_machine.move_to("2026-11-23 12:00 +0530")
    budgets(whatsapp_paise_day=100, whatsapp_paise_hour=100)
    product.ask_many(2)
    product.work()
    log = CommunicationLog.objects.get(reason="budget_spent")

    release(log)
    product.work()
    log.refresh_from_db()
    assert (log.state, log.reason) == (State.HELD, "budget_spent"), "a person cannot pass it either"

    time_machine.move_to("2026-11-24 00:00:01 +0530")
    release(log)
    product.work()
    assert len(product.sandbox.messages()) == 2


@pytest.mark.parametrize("fault", ["429", "error"])
def test_what_certainly_did_not_leave_is_given_back(product, fault):
    product.sandbox.misbehave("messages", fault)
    product.ask()

    product.work()

    assert spent("whatsapp") == {"hour": 0, "day": 0}


def test_what_may_have_left_is_not_given_back_until_the_provider_says_no(product):
    product.sandbox.behave(callbacks={"drop": True})
    product.sandbox.misbehave("messages", "500_before")
    product.ask()
    product.work()
    assert spent("whatsapp") == {"hour": 100, "day": 100}

    for _ in range(2):
        later("whatsapp")
        sweeper.settle_doubts()

    assert product.log("whatsapp").state == State.PENDING
    assert spent("whatsapp") == {"hour": 0, "day": 0}


def test_a_call_pays_the_minutes_that_were_talked(product):
    product.ask()
    product.work()
    log = product.log("voice")

    receipts.store(log.pk, log.provider_id, "completed", duration=61)

    assert spent("voice") == {"hour": 900, "day": 900}
    second = product.ask(name="Zoya", phone="91234 56789")
    product.work()
    log = product.log("voice", contact=second.contact)
    receipts.store(log.pk, log.provider_id, "completed", duration=20)
    assert spent("voice") == {"hour": 1350, "day": 1350}


def test_a_call_that_nobody_takes_costs_nothing(product):
    product.ask()
    product.work()
    log = product.log("voice")

    receipts.store(log.pk, log.provider_id, "no-answer")
    receipts.store(log.pk, log.provider_id, "failed")

    assert spent("voice") == {"hour": 0, "day": 0}


def test_it_is_given_back_to_the_hour_it_was_taken_from(product, time_machine):
    time_machine.move_to("2026-11-23 23:59:50 +0530")
    product.ask()
    log = begun(product.log("whatsapp"))

    time_machine.move_to("2026-11-24 00:00:10 +0530")
    undo_request(log, State.PENDING, reason="")

    assert [row.paise for row in Spend.objects.filter(channel="whatsapp")] == [0, 0]


def debit_in_parallel(debit, count=40):
    def one(_):
        try:
            with transaction.atomic():
                debit()
            return True
        except spending.BudgetSpent:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(one, range(count)))


def test_forty_workers_at_once_cannot_overspend(transactional_db, centre, budgets):
    budgets(whatsapp_paise_day=1000, whatsapp_paise_hour=1000)
    now = timezone.now()

    debited = debit_in_parallel(lambda: spending.debit("whatsapp", 100, centre, now))

    assert debited == 10
    assert spent("whatsapp") == {"hour": 1000, "day": 1000}


def test_looking_first_and_writing_then_would_overspend(transactional_db, centre, budgets):
    """The control: the same cap, asked before and written after."""
    budgets(whatsapp_paise_day=1000, whatsapp_paise_hour=1000)
    now = timezone.now()
    unlimited = type(centre)(name="unlimited")
    unlimited.budget_whatsapp_paise_day = unlimited.budget_whatsapp_paise_hour = 0

    def look_first():
        if spending.spent("whatsapp", "day", now) + 100 > 1000:
            raise spending.BudgetSpent("day", now)
        time.sleep(0.05)  # as long as a request takes to write
        spending.debit("whatsapp", 100, unlimited, now)

    debit_in_parallel(look_first)

    assert spent("whatsapp")["day"] > 1000 or connection.vendor == "sqlite"


def test_the_hour_and_the_day_are_those_of_india(centre, db, time_machine):
    time_machine.move_to("2026-11-23 18:29:59 +0000")  # 23:59:59 IST

    with transaction.atomic():
        spending.debit("whatsapp", 100, centre, timezone.now())
    time_machine.move_to("2026-11-23 18:30:00 +0000")

    assert spending.spent("whatsapp", "day") == 0
    assert spending.spent("whatsapp", "hour") == 0
