"""`make chaos`: 1,000 enquiries on three channels, 60 kills of warm processes, a lying provider;
then 300 people at the till, 30 kills, and 200 lives of a till by chance.

    python -m tests.chaos [messages|money|chance]

Prints a table for docs/benchmarks.md; exits 1 when something that must hold did not.
"""

import argparse
import os
import random
import signal
import sys
import time
from collections import Counter
from datetime import date

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coaching.settings")

import tests.environment  # noqa: E402, F401  (before anything reads the settings)
from tests.chaos import invariants, money_trial, trials  # noqa: E402
from tests.chaos.storm import Storm  # noqa: E402
from tests.stack.house import House  # noqa: E402

SETTLED_WITHIN_SECONDS = 120
FREEZES = 20
DOUBLES_ALLOWED = 1  # by 20 workers frozen between their last check and the wire
CHANNELS = ("whatsapp", "voice", "email")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every house is left tidy
    options, broken = read_options(), []
    for name, parts in PARTS.items():
        if options.part in (None, name):
            broken += run(name, parts, options)
    sys.exit(1 if broken else 0)


def run(name, parts, options):
    """Do the parts and print their table; returns what is broken."""
    began = time.monotonic()
    say(f"{name}, seed {options.seed}")
    rows, broken = [], []
    for part in parts:
        more_rows, more_broken = part(options, say)
        rows += more_rows
        broken += more_broken
    minutes = (time.monotonic() - began) / 60
    rows.append(("seed, date, minutes", f"{options.seed}, {date.today()}, {minutes:.0f}"))
    print(table(rows) + "\n", flush=True)
    for sentence in broken[:50]:
        print(f"BROKEN: {sentence}")
    return broken


def read_options():
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("part", nargs="?", choices=PARTS)
    parser.add_argument("--leads", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--rate", type=float, default=5, help="enquiries a second")
    parser.add_argument("--freezes", type=int, default=FREEZES)
    parser.add_argument("--checkouts", type=int, default=300)
    parser.add_argument("--lives", type=int, default=200, help="of a till by chance")
    parser.add_argument("--money-kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    return parser.parse_args()


def storm(options, say):
    with House(wsgi="tests.chaos.wsgi", celery="tests.chaos.celery", workers=2) as house:
        run = Storm(
            house, leads=options.leads, kills=options.kills, rate=options.rate,
            seed=options.seed, say=say,
        )  # fmt: skip
        run.rage()
        say("every visitor has an answer; waiting for the messages")
        run.settle(SETTLED_WITHIN_SECONDS)
        client = run.client
        lost, doubled = invariants.lost(house, client), invariants.doubled(house, client)
        posts = Counter(status for enquiry in client.enquiries for status in enquiry.answers)
        slowest = house.sql(
            "SELECT round(max(extract(epoch FROM accepted_at - created_at))) "
            "FROM messaging_communicationlog"
        )[0][0]
        rows = [
            ("enquiries acknowledged", f"{len(client.acknowledged)} of {options.leads}"),
            ("kill -9 of warm processes", counted(run.killed)),
            ("broker flushed", f"{run.flushes} times"),
            ("acknowledged and not there as told", len(invariants.broken_promises(house, client))),
            ("lost: WhatsApp, calls, e-mails", by_channel(lost)),
            ("sent twice: WhatsApp, calls, e-mails", by_channel(doubled)),
            ("e-mails repeated (same Message-ID)", invariants.repeated_mails(house)),
            ("last message settled after the last fault",
             f"{run.settled_after:.0f} s" if run.settled_after is not None else "not in time"),
            ("longest from enquiry to the provider's yes", f"{slowest} s"),
            ("posts: answered, 503, other 5xx, no answer",
             f"{posts[200] + posts[201]}, {posts[503]}, "
             f"{sum(n for status, n in posts.items() if status >= 500 and status != 503)}, "
             f"{posts[0]}"),
        ]  # fmt: skip
        unheard = [
            f"{enquiry.phone} was never acknowledged"
            for enquiry in client.enquiries
            if not enquiry.is_acknowledged
        ]
        return rows, unheard + invariants.violations(house, client)


def the_trials(options, say):
    frozen = trials.freeze(options.freezes, options.seed, say)
    rows = [
        ("workers frozen past their lease", f"{options.freezes}, {frozen['enquiries']} enquiries"),
        ("sent twice by them", f"{len(frozen['doubled'])}, noticed {frozen['told']}"),
    ]
    broken = frozen["broken"]
    if len(frozen["doubled"]) > DOUBLES_ALLOWED:
        broken += frozen["doubled"]
    for guard, meaning in (
        ("doubt", "not asking after a lost answer"),
        ("sweeper", "no sweeper"),
    ):
        wrong = trials.guard_off(guard, options.seed, say)
        rows.append((f"control: {meaning}, 60 enquiries, 6 kills", f"{wrong} wrong"))
        if not wrong:
            broken.append(f"the checks do not notice: {meaning}")
    return rows, broken


def counted(killed):
    named = ", ".join(f"{kind} {number}" for kind, number in killed.most_common())
    return f"{killed.total()}: {named}"


def by_channel(sentences):
    return ", ".join(str(sum(s.endswith(channel) for s in sentences)) for channel in CHANNELS)


def table(rows):
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def say(text):
    print(text, file=sys.stderr, flush=True)


PARTS = {
    "messages": (storm, the_trials),
    "money": (money_trial.storm, money_trial.controls),
    "chance": (money_trial.chance,),
}

if __name__ == "__main__":
    main()
