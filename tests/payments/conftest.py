"""A till over the sandbox PhonePe: people who want a place, and what they do about paying."""

import itertools

import pytest

from coaching.accounts.models import Contact, User
from coaching.accounts.services import student_for
from coaching.common import remember

numbers = itertools.count(1)


class Till:
    """The product's till and PhonePe's stand-in, as a test uses them."""

    def __init__(self, sandbox=None):
        self.sandbox = sandbox

    def batch(self, *, seats=20, course="foundation", **fields):
        """A batch of the demo centre with so many free seats."""
        from academics.models import Batch

        batch = Batch.objects.filter(course__slug=course).order_by("pk").first()
        Batch.objects.filter(pk=batch.pk).update(
            seats=seats, seats_taken=0, seats_taken_elsewhere=0, **fields
        )
        batch.refresh_from_db()
        return batch

    def new_batch(self, *, seats):
        """A batch of its own, beside those of the demo centre."""
        batch = self.batch()
        batch.pk, batch.code, batch.seats, batch._state.adding = (
            None,
            f"B{next(numbers)}",
            seats,
            True,
        )
        batch.save()
        return batch

    def person(self, name=None, email=""):
        """A student with a number of their own, as (user, contact)."""
        n = next(numbers)
        contact = Contact.objects.having(f"+91980{n:07}")
        return student_for(contact, name or f"Student {n}", email), contact

    def order(self, batch, *, who=None, plan="full", **more):
        """A student's open order for a place, with a seat held."""
        from coaching.centre.models import Profile
        from payments.orders import open_order, seat_until

        user, contact = who or self.person()
        return open_order(
            user=user, contact=contact, batch=batch, plan=plan, name=user.name,
            email=user.email or "", until=more.pop("until", seat_until(Profile.current())), **more,
        )  # fmt: skip

    def begin(self, batch, **more):
        """An attempt to pay, its page at PhonePe open."""
        from payments.orders import start_payment

        return start_payment(self.order(batch, **more))

    def do(self, payment, what, **options):
        """What the payer does on PhonePe's page."""
        return self.sandbox.control(
            f"phonepe/orders/{payment.merchant_order_id}", {"do": what, **options}
        )

    def tell(self, payment, **lies):
        self.sandbox.control(f"phonepe/orders/{payment.merchant_order_id}", {"tell": lies})

    def paid(self, batch, **more):
        """A payment that came and was settled."""
        from payments.services import settle

        payment = self.begin(batch, **more)
        self.do(payment, "pay")
        return settle(payment.pk)

    def ledger(self):
        """What PhonePe knows of every order, transaction and refund."""
        return self.sandbox.http.get("/control/phonepe/ledger").json()

    def quiet(self):
        """PhonePe sends no webhooks."""
        self.sandbox.behave(phonepe={"lose": True})


@pytest.fixture
def centre(centre):
    """The demo centre without its GSTIN and discount, so that a fee is what the course says."""
    from coaching.centre.models import Profile

    Profile.objects.update(gstin="", early_discount_paise=0)
    remember.forget_everything()
    return Profile.current()


@pytest.fixture
def desk(centre):
    """A till where people pay cash: no provider is asked."""
    return Till()


@pytest.fixture
def owner(db):
    return User.objects.create_user("owner@example.com", "x", name="Owner")


@pytest.fixture
def till(providers, centre):
    """For tests without other threads and processes; the webhooks find nobody."""
    till = Till(providers)
    till.quiet()
    return till


@pytest.fixture
def live_till(live_server, providers, centre):
    """The same with the product's web server, so that webhooks arrive."""
    return Till(providers)
