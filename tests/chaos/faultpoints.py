"""Places in the product's code where a process dies or freezes when a test has asked for it.

A wish is an empty file in the house's folder, `points/<name>.<what>.<number>`. The first process
that comes by removes it, which only one can do, and strikes itself.
"""

import os
import signal
import threading
from functools import wraps
from pathlib import Path

STRIKES = {"kill": signal.SIGKILL, "freeze": signal.SIGSTOP}
IN_WEB = ("before-commit", "after-commit", "before-answer")
IN_WORKER = ("before-claim", "preparing", "debited", "claimed", "before-update")
# Between two steps of a payment: going to its page (web), settling it, giving it back (worker).
OF_ATTEMPT = ("attempt-uncommitted", "attempt-committed", "page-opened", "page-written")
OF_SETTLE = ("state-known", "seat-taken", "settle-uncommitted")  # then after-commit, or settled
OF_REFUND = ("refund-committed", "refund-answered", "refund-over", "refund-uncommitted")


def arm(house, name, what="kill", times=1):
    folder = house.folder / "points"
    folder.mkdir(exist_ok=True)
    for number in range(times):
        (folder / f"{name}.{what}.{number}").touch()


def disarm(house):
    for wish in (house.folder / "points").glob("*"):
        wish.unlink(missing_ok=True)


def has_struck(house, name):
    """Whether every wish for this point has come true."""
    return not list((house.folder / "points").glob(f"{name}.*"))


def reached(name):
    for wish in Path(os.environ["VAR_DIR"], "points").glob(f"{name}.*"):
        try:
            wish.unlink()
        except FileNotFoundError:  # another process was faster
            continue
        # Sent to this thread: one sent to the process lets it run on until another takes it.
        signal.pthread_kill(threading.get_ident(), STRIKES[wish.name.split(".")[1]])
        return


def before(module, function, name):
    """Put a point at the start of a function of the product."""
    real = getattr(module, function)

    @wraps(real)
    def wrapped(*args, **kwargs):
        reached(name)
        return real(*args, **kwargs)

    setattr(module, function, wrapped)


def after(module, function, name):
    """Put a point where a function of the product has just returned."""
    real = getattr(module, function)

    @wraps(real)
    def wrapped(*args, **kwargs):
        value = real(*args, **kwargs)
        reached(name)
        return value

    setattr(module, function, wrapped)


def install_in_web():
    """Must run before the pages are imported: they take `capture_lead` by its name."""
    from coaching.messaging import doorbell
    from leads import services

    after(services, "_capture", "before-commit")  # inside the transaction still
    before(doorbell, "ring", "after-commit")  # called by on_commit
    after(services, "capture_lead", "before-answer")
    install_in_till()


def install_in_till():
    from academics import seats
    from payments import notices, phonepe, refunds, views
    from payments.models import Payment

    after(Payment, "save", "attempt-uncommitted")
    before(phonepe, "open_page", "attempt-committed")
    after(phonepe, "open_page", "page-opened")
    before(views, "_see_other", "page-written")
    after(phonepe, "order_state", "state-known")  # the answer is here, nothing is locked
    after(seats, "admit", "seat-taken")
    after(notices, "received", "settle-uncommitted")
    after(refunds, "give_back", "refund-noted")
    before(phonepe, "refund", "refund-committed")
    after(phonepe, "refund", "refund-answered")
    before(refunds, "complete", "refund-over")
    after(notices, "given_back", "refund-uncommitted")


def install_in_worker():
    from coaching.messaging import delivery, doorbell, spending
    from coaching.messaging.channels import email, voice, whatsapp

    before(delivery, "deliver", "before-claim")
    after(spending, "debit", "debited")  # the claim and its price are written, not committed
    for channel in (whatsapp, email, voice):
        before(channel, "prepare", "preparing")
        before(channel, "send", "claimed")  # the request is begun, nothing is on the wire
    before(delivery, "accepted", "before-update")  # the answer is here, not yet written
    before(doorbell, "ring", "settled")  # and committed; its message has not left
    install_in_till()
