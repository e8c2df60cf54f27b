"""The back office: a process with a house's own environment, which makes orders, lets an owner in,
and closes the house's books.

    python -m tests.chaos.money_office

Reads [act, {arguments}] as JSON, one a line, and answers {"said": …} or {"error": …} likewise.
"""

import json
import os
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor

import django
from django.db import connection

AUTH = "allauth.account.auth_backends.AuthenticationBackend"
AT_ONCE = 4
SEATS = 30_000  # of the batch whose seats are not what is tried


def orders(phones, email=True, begun=False):
    """Make an order for each number; `begun` opens its page at PhonePe, too."""
    from academics.models import Batch

    Batch.objects.filter(code="FND-EVE").update(seats=SEATS)

    def make(phone):
        try:
            return _order(phone, email, begun)
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(make, phones))


def _order(phone, email, begun):
    from academics.models import Batch
    from coaching.accounts.models import Contact
    from coaching.accounts.services import student_for
    from coaching.centre.models import Profile
    from payments.orders import open_order, seat_until, start_payment

    contact = Contact.objects.having(phone)
    user = student_for(contact, "Asha Rao", f"p{phone[1:]}@example.com" if email else "")
    order = open_order(
        user=user, contact=contact, batch=Batch.objects.get(code="FND-EVE"), plan="full",
        until=seat_until(Profile.current()), name=user.name, email=user.email or "",
    )  # fmt: skip
    payment = start_payment(order) if begun else None
    return {
        "phone": phone,
        "order": order.pk,
        "token": order.token,
        "payment": payment and payment.pk,
        "merchant_order_id": payment and payment.merchant_order_id,
    }


def owner_session():
    """Return the session key of an owner who has logged in."""
    from django.conf import settings
    from django.test import Client

    from coaching.accounts.models import User

    owner = User.objects.filter(email="owner@example.com").first()
    if owner is None:
        owner = User.objects.create_user("owner@example.com", None, name="Owner")
        owner.set_role("owner")
    client = Client()
    client.force_login(owner, backend=AUTH)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def books(ledger):
    """Return what is wrong in the house's books, and against PhonePe's ledger."""
    from tests.payments.books import wrong

    return wrong(ledger)


ACTS = {act.__name__: act for act in (orders, owner_session, books)}


def main():
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what the product logs is no answer
    django.setup()
    for line in sys.stdin:
        act, how = json.loads(line)
        try:
            said = {"said": ACTS[act](**how)}
        except Exception:
            said = {"error": traceback.format_exc()}
        finally:
            connection.close()  # the database may be killed before the next one
        answers.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
