"""What the till says: complete in both languages, from the rows alone, with the paper in it."""

import io
import re
from datetime import date, time, timedelta

import pypdfium2
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone

from academics import seats
from academics.models import Batch, Course
from coaching.accounts.services import opt_out
from coaching.common.money import inr
from coaching.common.states import move
from coaching.messaging.catalogue import CATALOGUE, LANGUAGES, wording
from coaching.messaging.channels import email
from coaching.messaging.models import WhatsAppTemplate
from coaching.messaging.signals import attaching
from payments import enclosures, notices, refunds
from payments.models import Order, Receipt, Refund
from tests.payments import letters
from tests.payments.conftest import Till
from tests.payments.letters import ASKING, TELLING, an_order, pay, rows

MESSAGES = ASKING + TELLING


@pytest.fixture
def desk(centre):
    """A till where people pay in cash: no provider is asked."""
    return Till()


def ask_to_pay(order, say=notices.payment_link, **more):
    say(order, until=timezone.now() + timedelta(hours=24), paise=500_000, **more)


def link(desk, **how):
    ask_to_pay(an_order(desk, **how))


def offer(desk, **how):
    ask_to_pay(an_order(desk, **how), notices.seat_offered)


def reminder(desk, **how):
    order = an_order(desk, **how)
    pay(order)
    notices.fee_reminder(order.instalments.get(number=2), date(2026, 12, 25))


def receipt(desk, **how):
    pay(an_order(desk, **how))


def too_late(desk, **how):
    """Money for a seat that was let go and sold to somebody else."""
    order = an_order(desk, **how)
    seats.let_go(order.enrollment)
    Batch.objects.filter(pk=order.enrollment.batch_id).update(seats_taken=F("seats"))
    pay(order)


def refund(desk, **how):
    order = an_order(desk, **how)
    pay(order)
    [refund] = refunds.refund_order(order, 20_050, Refund.Why.GOODWILL)
    refunds.paid_back_by_hand(refund, by=None, note="")


ACTS = dict(zip(MESSAGES, (link, offer, reminder, receipt, too_late, refund), strict=True))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", MESSAGES)
def test_each_message_is_whole_in_each_language(desk, purpose, language):
    name, course = {
        "en-in": ("Asha", "Python Foundation"), "hi": ("आशा", "पाइथन फाउंडेशन")
    }[language]  # fmt: skip

    ACTS[purpose](desk, language=language, name=f"{name} Rao")

    subject, text, html = letters.email(purpose)
    amount = rows(purpose)[0].context["amount"]
    for said in (letters.whatsapp(purpose), subject + text, subject + letters.words(html)):
        assert not re.search(r"[{}%]|None|  ", said)
        assert course in said
        assert amount in said
        assert name in said
    context = rows(purpose).get(channel="email").context
    assert context["link"] in text
    assert f'href="{context["link"]}"' in html
    assert f'lang="{language.replace("en-in", "en-IN")}"' in html


def test_a_name_with_an_ampersand_is_written_as_it_is(desk, centre):
    centre.name = "Rao & Sons"
    centre.save()

    link(desk)

    subject, text, html = letters.email("payment_link")
    assert subject.startswith("Rao & Sons: ")
    assert "at Rao & Sons is kept" in text
    assert "at Rao &amp; Sons is kept" in html


@pytest.mark.parametrize("purpose", MESSAGES)
def test_no_wording_holds_a_figure_of_its_own(purpose):
    folder = settings.BASE_DIR / "templates" / "messages" / purpose

    texts = {path.name: path.read_text() for path in folder.iterdir()}

    assert len(texts) == 2 * len(LANGUAGES) * 2
    assert [name for name, text in texts.items() if re.search(r"\d|₹", text)] == []


def test_a_wording_with_a_figure_of_its_own_is_noticed():
    assert re.search(r"\d|₹", wording("login_code", "whatsapp", "en-in"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", MESSAGES)
def test_whatsapp_can_approve_each_wording(purpose, language):
    text = wording(purpose, "whatsapp", language)

    assert not re.search(r"^\W*\{|\}\W*$|\}\s*\{", text)
    assert ("STOP" in text) is CATALOGUE[purpose].stoppable
    assert CATALOGUE[purpose].category == "UTILITY"


@pytest.mark.parametrize("purpose", MESSAGES)
def test_the_longest_names_still_fit_a_whatsapp_template(desk, centre, purpose):
    Course.objects.update(title="T" * 120)
    centre.name = "C" * 120
    centre.save()

    ACTS[purpose](desk, name="N" * 120)

    assert len(letters.whatsapp(purpose)) <= 1024


def test_every_wording_is_submitted_for_approval_and_an_unchanged_one_not_again(sandbox):
    ours = WhatsAppTemplate.objects.filter(message__in=MESSAGES)
    count = len(MESSAGES) * len(LANGUAGES)

    ours.update(wording="an older one")
    said = io.StringIO()
    call_command("submit_templates", stdout=said)
    call_command("submit_templates", stdout=said)

    assert ours.exclude(wording="an older one").count() == count
    assert [line.split()[0] for line in said.getvalue().splitlines()] == [str(count), "0"]


def test_the_link_says_what_until_when_and_where_to_pay(desk, time_machine):
    time_machine.move_to("2026-12-01 23:50 +0530", tick=False)
    order = an_order(desk, starts_on=date(2026, 12, 7), start_time=time(19, 30),
                     end_time=time(21), days=[1, 3, 5])  # fmt: skip

    ask_to_pay(order)

    assert rows("payment_link").get(channel="email").context == {
        "name": "Asha",
        "centre": "Pathkriti Python Academy",
        "phone": "+910000045100",
        "course": "Python Foundation",
        "batch": "7 December 2026, Mon, Wed, Fri, 7:30 PM – 9:00 PM",
        "amount": "₹5,000",
        "until": "2 December 2026, 11:50 PM",
        "link": f"{settings.SITE_URL}/payments/pay/{order.token}/",
    }


def test_a_person_who_reads_hindi_gets_links_to_hindi_pages_and_hindi_dates(desk):
    ask_to_pay(an_order(desk, language="hi", starts_on=date(2026, 12, 7)))

    context = rows("payment_link").get(channel="email").context
    assert context["link"].endswith("/?lang=hi")
    assert context["batch"].startswith("7 दिसंबर 2026")


def test_a_link_goes_once_and_again_only_when_a_person_asks(desk):
    order = an_order(desk)
    for _ in range(3):
        ask_to_pay(order)

    assert rows("payment_link").count() == 2
    ask_to_pay(order, again="1")
    assert rows("payment_link").count() == 4


def test_each_offer_of_a_seat_is_told_once(desk):
    order, until = an_order(desk), timezone.now() + timedelta(hours=24)

    for offered_until in (until, until, until + timedelta(days=3)):
        notices.seat_offered(order, until=offered_until, paise=500_000)

    assert rows("seat_offered").count() == 4


@pytest.mark.parametrize(
    ("plan", "paise", "next_is"),
    [
        ("instalments", 500_000, "Next: ₹4,500 by 28 December 2026."),
        ("instalments", 300_050, "Next: ₹1,999.50 by 1 December 2026."),
        ("instalments", 950_000, "The fee is paid in full."),
        ("full", 950_000, "The fee is paid in full."),
    ],
)
def test_a_receipt_says_what_is_due_next(desk, time_machine, plan, paise, next_is):
    time_machine.move_to("2026-12-01 12:00 +0530")
    order = an_order(desk, plan=plan, starts_on=date(2026, 12, 7))

    payment = pay(order, paise)

    context = rows("payment_received").get(channel="email").context
    assert context["amount"] == inr(paise)
    assert context["next"] == next_is
    assert context["portal"] == f"{settings.SITE_URL}/portal/"
    assert context["link"] == f"{settings.SITE_URL}/payments/receipts/{payment.receipt.token}/"


def test_money_without_a_seat_says_why_it_goes_back(desk):
    too_late(desk)

    assert "the last seat was taken before your payment arrived" in letters.whatsapp(
        "payment_returned"
    )
    assert not rows("payment_received").exists()


def test_a_refund_says_the_amount_that_went_back_and_shows_its_own_paper(desk):
    refund(desk)

    note = Receipt.objects.get(refund__isnull=False)
    assert "₹200.50" in letters.whatsapp("refund_done")
    assert note.token in letters.whatsapp("refund_done")


def test_receipts_reach_even_those_who_stopped_everything_else(product, desk):
    order = an_order(desk)
    opt_out(order.contact, source="whatsapp")
    ask_to_pay(order)
    pay(order)

    product.work()

    assert {row.state for row in rows("payment_received")} <= {"sent", "delivered", "read"}
    assert {row.reason for row in rows("payment_link")} == {"opted_out"}


@pytest.mark.parametrize("purpose", TELLING)
def test_the_paper_comes_with_the_letter_as_a_pdf(product, desk, purpose):
    ACTS[purpose](desk)

    product.work()

    log = rows(purpose).get(channel="email")
    paper = Receipt.objects.get(token=log.context["receipt_token"])
    name = paper.number.replace("/", "-") + ".pdf"
    letter = next(one for one in product.sandbox.mails() if str(log.pk) in one["message_id"])
    assert letter["attachments"] == [name]
    [file] = email.prepare(log).attachments
    page = pypdfium2.PdfDocument(file.content)[0].get_textpage().get_text_range()
    assert paper.number in page
    assert log.context["amount"] in page


def test_the_outbox_holds_the_papers_token_and_nothing_else_of_it(desk):
    receipt(desk)

    words = str(rows("payment_received").get(channel="email").context)
    paper = Receipt.objects.get()
    assert paper.token in words
    assert paper.number not in words
    assert "receipt_token" not in rows("payment_received").get(channel="whatsapp").context


def test_a_paper_that_cannot_be_drawn_does_not_stop_its_letter(product, desk, caplog):
    receipt(desk)
    log = rows("payment_received").get(channel="email")
    log.context["receipt_token"] = an_unreadable_paper().token
    log.save()
    with pytest.raises(KeyError):
        attaching.send(type(log), log=log)

    product.work()

    [letter] = product.sandbox.mails("asha@example.com")
    assert letter["attachments"] == []
    assert log.context["link"] in letter["text"]
    assert "enclose" in caplog.text


def an_unreadable_paper():
    good = Receipt.objects.get()
    payment = good.payment
    payment.pk = None
    payment.save()
    return Receipt.objects.create(
        payment=payment, kind=good.kind, series=good.series, serial=99, number="R/99", paper={}
    )


def test_a_letter_that_needs_no_paper_gets_none(desk):
    link(desk)

    assert enclosures.enclose(rows("payment_link").get(channel="email")) is None


@pytest.mark.parametrize("say", [notices.payment_link, notices.seat_offered])
@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [
        (lambda order: pay(order), "paid"),
        (lambda order: seats.let_go(order.enrollment), "seat_let_go"),
        (lambda order: seats.cancel(order.enrollment), "order_over"),
        (lambda order: move(order, Order.State.CANCELLED), "order_over"),
    ],
)
def test_a_link_that_is_no_longer_wanted_does_not_leave(product, desk, say, meanwhile, reason):
    order = an_order(desk)
    ask_to_pay(order, say)
    meanwhile(order)

    product.work()

    asked = rows(say.__name__)
    assert {(row.state, row.reason) for row in asked} == {("cancelled", reason)}
    assert asked.count() == 2


def test_without_the_question_before_leaving_it_would_leave(product, desk):
    order = an_order(desk)
    ask_to_pay(order)
    seats.let_go(order.enrollment)

    with letters.nothing_asked_before_leaving():
        product.work()

    assert len(product.sandbox.mails("asha@example.com")) == 1
