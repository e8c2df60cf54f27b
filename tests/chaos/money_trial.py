"""`make chaos` at the till: the storm with its controls, and the long lives of chance.

Each part returns (rows of the table, sentences about what is broken).
"""

import os
import subprocess
import sys
from collections import Counter

from coaching.run import BASE_DIR
from tests.chaos.conftest import hasty_house
from tests.chaos.money import Office
from tests.chaos.money_storm import MoneyStorm
from tests.stack.house import House

SETTLED_WITHIN_SECONDS = 120
CONTROLS = (  # the guard that is off, how webhooks come meanwhile
    ("asking", "a webhook's word is believed", {"forge": "body"}),
    ("rounds", "nobody asks but the return page", {"lose": True}),
)
CONTROL_PEOPLE, CONTROL_KILLS = 40, 2
ONE = """
    SELECT (SELECT count(*) FROM payments_payment WHERE state = 'paid'),
        (SELECT count(*) FROM academics_enrollment WHERE status = 'active'),
        (SELECT count(*) FROM payments_refund WHERE state = 'completed' AND by_id IS NULL),
        (SELECT count(*) FROM payments_refund WHERE state = 'completed' AND by_id IS NOT NULL),
        (SELECT count(*) FROM payments_receipt),
        (SELECT coalesce(sum(paid_paise - refunded_paise), 0) FROM payments_order),
        (SELECT coalesce(sum(received_paise - returned_paise), 0) FROM payments_payment
            WHERE state = 'held')
"""
SEATS_TWICE = """
    SELECT user_id, batch_id FROM academics_enrollment WHERE status = 'active'
    GROUP BY user_id, batch_id HAVING count(*) > 1
"""
RETURNED = "SELECT merchant_order_id, returned_paise FROM payments_payment"
WRITTEN = """
    SELECT recipient, count(*) FROM messaging_communicationlog
    WHERE channel = 'whatsapp' AND direction = 'out' AND state != 'cancelled' GROUP BY recipient
"""


def storm(options, say):
    with (
        House(wsgi="tests.chaos.wsgi", celery="tests.chaos.celery", workers=2) as house,
        Office(house) as office,
    ):
        run = MoneyStorm(
            house, office, leads=options.checkouts, kills=options.money_kills, rate=2.5,
            seed=options.seed, say=say,
        )  # fmt: skip
        run.rage()
        say("everybody has been to PhonePe; waiting for the money")
        run.settle(SETTLED_WITHIN_SECONDS)
        return report(run)


def report(run):
    ledger = run.till.ledger()
    [(paid, seats, own, owners, receipts, kept, held)] = run.till.rows(ONE)
    lost, doubled = lost_or_doubled(run, ledger)
    zero = ledger["paid_paise"] - ledger["refunded_paise"] - int(kept) - int(held)
    answers = Counter(status for buyer in run.buyers for status in buyer.answers)
    failed = sum(n for status, n in answers.items() if status >= 500 and status != 503)
    hooks = Counter(row["status"] for row in run.house.sandbox.log("webhook"))
    rows = [
        ("people who enrol by the form", f"{len(run.buyers)}, {run.full} told that it is full"),
        ("kill -9 of warm processes", ", ".join(f"{k} {n}" for k, n in run.killed.most_common())),
        ("webhooks: taken, forged and refused, no database",
         f"{hooks[200]}, {hooks[403]}, {hooks[503]}"),
        ("payments at PhonePe, settled here",
         f"{sum(o['state'] == 'COMPLETED' for o in ledger['orders'])}, {paid}"),
        ("seats, refunds by itself, by the owner", f"{seats}, {own}, {owners}"),
        ("receipts and notes, numbered without a gap", receipts),
        ("lost: payments, messages", ", ".join(map(str, lost.values()))),
        ("doubled: seats, refunds, messages", ", ".join(map(str, doubled.values()))),
        ("paid − given back at PhonePe − kept here, in paise", zero),
        ("the last was settled after the last fault",
         f"{run.settled_after:.0f} s" if run.settled_after is not None else "not in time"),
        ("forms, pages: answered, 503, other 5xx, no answer",
         f"{sum(n for status, n in answers.items() if 0 < status < 500)}, {answers[503]}, "
         f"{failed}, {answers[0]}"),
    ]  # fmt: skip
    broken = [
        *run.broken,
        *run.till.wrong(),
        *(f"still under way: {one}" for one in unsettled(run)),
    ]
    broken += [f"lost {name}" for name, number in lost.items() if number]
    broken += [f"doubled {name}" for name, number in doubled.items() if number]
    broken += [f"the sum is {zero} paise"] if zero else []
    broken += [f"{failed} answers above 500 that are no 503"] if failed else []
    return rows, broken


def unsettled(run):
    return [] if run.settled_after is not None else run.unsettled()


def lost_or_doubled(run, ledger):
    """Compare with what PhonePe and the phones themselves got."""
    returned, written = dict(run.till.rows(RETURNED)), dict(run.till.rows(WRITTEN))
    got = Counter(row["to"].removeprefix("whatsapp:") for row in run.house.sandbox.messages())
    lost = {
        "payments": len(run.till.unseen()),
        "messages": sum(max(0, number - got[to]) for to, number in written.items()),
    }
    doubled = {
        "seats": len(run.till.rows(SEATS_TWICE)),
        "refunds": sum(
            order["refunded_paise"] > returned.get(order["merchant_order_id"], 0)
            for order in ledger["orders"]
        ),
        "messages": sum(max(0, number - written.get(to, 0)) for to, number in got.items()),
    }
    return lost, doubled


def controls(options, say):
    rows, broken = [], []
    for guard, meaning, webhooks in CONTROLS:
        say(f"without a guard: {meaning}")
        with hasty_house(CHAOS_GUARD_OFF=guard) as house, Office(house) as office:
            run = MoneyStorm(
                house, office, leads=CONTROL_PEOPLE, kills=CONTROL_KILLS, rate=4,
                seed=options.seed, say=say, webhooks=webhooks,
            )  # fmt: skip
            run.rage()
            run.settle(10)
            wrong = len(run.till.unseen()) + len(run.till.wrong())
        rows.append((f"control: {meaning}, {CONTROL_PEOPLE} people", f"{wrong} wrong"))
        if not wrong:
            broken.append(f"the checks do not notice: {meaning}")
    return rows, broken


def chance(options, say):
    """The state machine of tests/payments, for long, on a database of its own."""
    say("lives of a till by chance")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/chaos/money_chance.py", "-q"],
        env={**os.environ, "CHAOS_LIVES": str(options.lives)},
        cwd=BASE_DIR, capture_output=True, text=True,
    )  # fmt: skip
    broken = [done.stdout[-3000:]] if done.returncode else []
    row = (f"lives of a till by chance, {options.lives} of 40 steps", "red" if broken else "held")
    return [row], broken
