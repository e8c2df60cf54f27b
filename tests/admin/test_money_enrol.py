"""From an enquiry to a held seat: what is shown is what happens, and nothing happens before."""

import pytest

from academics.models import Batch, Enrollment, WaitingPlace
from coaching.accounts.models import User
from coaching.accounts.services import give_consent
from coaching.messaging.admin.views import words as words_of
from coaching.messaging.models import CommunicationLog
from payments.models import Coupon, Order
from tests.admin.money import Desk, queries
from tests.admin.test_switches import words


@pytest.fixture
def lead(ask):
    lead = ask(email="asha@example.com")
    give_consent(lead.contact, source="form", language="en-in")
    return lead


@pytest.fixture
def desk(centre):
    return Desk()


def page(lead):
    return f"/admin/leads/lead/{lead.pk}/enrolment/"


def choice(batch, **more):
    return {"batch": batch.pk, "plan": "full", "code": "", **more}


def sent():
    return CommunicationLog.objects.filter(purpose="payment_link").order_by("channel")


def test_the_dialog_shows_price_parts_and_words_and_keeps_nothing(lead, desk, browser_of):
    browser = browser_of("counsellor")
    before = CommunicationLog.objects.count()

    response = browser.get(page(lead), choice(desk.batch, plan="instalments"))

    shown = words(response.content.decode())
    assert "₹9,500 for Python Foundation" in shown
    assert "To be paid now: ₹5,000 ." in shown and "₹4,500" in shown
    assert "(the link to pay)" in shown
    assert not Order.objects.exists() and not Enrollment.objects.exists()
    assert not User.objects.filter(name="Asha Rao").exists()
    assert CommunicationLog.objects.count() == before
    assert Batch.objects.get(pk=desk.batch.pk).seats_taken == 0


def test_the_words_that_were_shown_are_those_that_are_sent(lead, desk, browser_of):
    browser = browser_of("counsellor")
    shown = browser.get(page(lead), choice(desk.batch)).context["shown"]

    browser.post(page(lead), choice(desk.batch))

    link = f"/payments/pay/{Order.objects.get().token}/"
    really = [(log.get_channel_display(), words_of(log)) for log in sent()]
    assert [channel for channel, _ in really] == [channel for channel, _ in shown.words]
    for (_, text), (_, promised) in zip(really, shown.words, strict=True):
        before, _, after = promised.partition("(the link to pay)")
        assert text.startswith(before[:60]) and link in text
        assert len(text.split()) == len(promised.replace("(the link to pay)", "link").split())
        assert after.split()[-5:] == text.split()[-5:] or not after


def test_one_press_holds_the_seat_and_shows_the_link_to_copy(lead, desk, browser_of, people):
    browser = browser_of("counsellor")

    response = browser.post(page(lead), choice(desk.batch), follow=True)

    order = Order.objects.get()
    html = response.content.decode()
    assert "is held, and the link to pay is on its way. ₹9,500 in all." in words(html)
    assert 'value="http' in html and f"/payments/pay/{order.token}/" in html
    assert (order.created_by, order.enrollment.status) == (people["counsellor"], "pending")
    assert order.enrollment.has_seat and sent().count() == 2


def test_pressing_again_makes_nothing_more(lead, desk, browser_of):
    browser = browser_of("owner")

    for _ in range(3):
        browser.post(page(lead), choice(desk.batch))

    assert (Order.objects.count(), Enrollment.objects.count(), sent().count()) == (1, 1, 2)
    assert User.objects.filter(name="Asha Rao").count() == 1


def test_a_full_batch_offers_the_waiting_list(lead, desk, browser_of):
    full, browser = desk.till.batch(seats=1), browser_of("counsellor")
    desk.order("Holder", batch=full)

    shown = words(browser.get(page(lead), choice(full)).content.decode())
    refused = words(browser.post(page(lead), choice(full), follow=True).content.decode())
    waits = [
        browser.post(f"/admin/leads/lead/{lead.pk}/waiting-place/", {"batch": full.pk}, follow=True)
        for _ in range(2)
    ]

    assert f"{full} is full:" in shown and "Put on the waiting list" in shown
    assert f"{full} is full:" in refused
    assert "Asha Rao is on the waiting list" in words(waits[1].content.decode())
    place = WaitingPlace.objects.get()
    lead.refresh_from_db()
    assert (place.user, place.state) == (lead.user, "waiting")
    assert Order.objects.count() == 1  # the holder's


def test_who_is_in_the_batch_is_not_enrolled_again(lead, desk, browser_of):
    browser = browser_of("owner")
    browser.post(page(lead), choice(desk.batch))
    Enrollment.objects.update(status="active")

    shown = words(browser.get(page(lead), choice(desk.batch)).content.decode())

    assert f"Asha Rao is in {desk.batch} already." in shown


def test_a_coupon_is_shown_taken_off_and_a_wrong_one_explained(lead, desk, browser_of):
    Coupon.objects.create(code="DIWALI", percent=10)
    browser = browser_of("counsellor")

    good = words(browser.get(page(lead), choice(desk.batch, code="diwali")).content.decode())
    wrong = words(browser.get(page(lead), choice(desk.batch, code="HOLI")).content.decode())

    assert "₹8,550 for Python Foundation" in good
    assert "We do not know this code." in wrong
    assert Coupon.objects.get().uses == 0


def test_the_enquiry_offers_it_and_the_timeline_keeps_it(lead, desk, browser_of):
    browser, address = browser_of("counsellor"), f"/admin/leads/lead/{lead.pk}/change/"
    before = browser.get(address).content.decode()

    browser.post(page(lead), choice(desk.batch))

    assert page(lead) in before
    assert "Enrolment begun by Counsellor" in words(browser.get(address).content.decode())


def test_what_is_in_the_bin_is_not_enrolled(lead, desk, browser_of):
    type(lead).objects.filter(pk=lead.pk).update(status="junk")

    assert browser_of("owner").get(page(lead)).status_code == 404


def test_the_dialog_asks_as_often_for_one_batch_as_for_many(lead, desk, browser_of):
    browser = browser_of("owner")
    counts = []
    for number in range(2):
        counts.append(queries(browser, page(lead)))
        Batch.objects.bulk_create(
            Batch(code=f"X{number}{n}", course=desk.batch.course, starts_on=desk.batch.starts_on,
                  days=[1], start_time="10:00", end_time="11:00", seats=5)
            for n in range(3)
        )  # fmt: skip

    assert counts[0] == counts[1]
