"""The enquiry list and the page of one person."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from academics.models import Course
from coaching.accounts.models import Consent
from coaching.common import lookups
from coaching.messaging.models import CommunicationLog
from coaching.messaging.services import queue
from leads.models import Enquiry, Lead

LIST = "/admin/leads/lead/"


def page_of(lead):
    return reverse("admin:leads_lead_change", args=[lead.pk])


def names(response):
    return sorted(lead.name for lead in response.context["cl"].result_list)


@pytest.mark.parametrize("page", [LIST, LIST + "?q=asha", LIST + "?status__exact=new&when=today"])
def test_the_list_asks_as_often_for_one_row_as_for_four(ask, browser_of, page):
    ask(name="Asha Rao")
    browser = browser_of("counsellor")
    browser.get(page)
    with CaptureQueriesContext(connection) as one:
        browser.get(page)
    for number in range(3):
        ask(name=f"Asha {'ABC'[number]}", phone=f"98765 4321{number + 1}",
            course=Course.objects.all()[number])  # fmt: skip

    with CaptureQueriesContext(connection) as four:
        response = browser.get(page)

    assert len(names(response)) == 4
    assert len(four) == len(one) <= 18


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("asha", ["Asha Rao"]), ("ASHA  r", ["Asha Rao"]), ("rao", []),
        ("3210", ["Asha Rao", "Dev Rao"]), ("98765 43210", ["Asha Rao", "Dev Rao"]),
        ("+91-98765", ["Asha Rao", "Dev Rao"]), ("0987654", ["Asha Rao", "Dev Rao"]),
        ("919812", ["Zoya Khan"]), ("zoya@", ["Zoya Khan"]), ("ZOYA@EXAMPLE.com", ["Zoya Khan"]),
        ("77777", []), ("%", []), ("_sha", []), ("आ", []),
    ],
)  # fmt: skip
def test_search_finds_people_by_what_one_remembers(ask, browser_of, typed, found):
    ask(name="Asha Rao", phone="98765 43210")
    ask(name="Dev Rao", phone="98765 43210")
    ask(name="Zoya Khan", phone="98123 45678", email="Zoya@Example.com")

    response = browser_of("counsellor").get(LIST, {"q": typed})

    assert names(response) == found


def test_a_count_stops_at_its_cap_and_says_so(ask, browser_of, monkeypatch):
    monkeypatch.setattr(lookups, "CAP", 2)
    for number in range(3):
        ask(name=f"Person {'ABC'[number]}", phone=f"98765 4321{number}")

    response = browser_of("owner").get(LIST)

    assert str(response.context["cl"].result_count) == "2+"
    assert response.context["cl"].full_result_count is None


def test_filters_narrow_the_list(ask, browser_of, people):
    asha = ask(name="Asha Rao", arrival={"source": "google"}, course=Course.objects.first())
    ask(name="Dev Rao", phone="98123 45678")
    asha.assign_to(people["counsellor"])
    browser = browser_of("counsellor")

    for query in ("source=google", f"course={asha.course_id}", "counsellor=me"):
        assert names(browser.get(f"{LIST}?{query}")) == ["Asha Rao"], query
    assert names(browser.get(f"{LIST}?counsellor=nobody")) == ["Dev Rao"]
    for nonsense in (
        "course=x",
        "when=never",
        "counsellor=%00",
        "course=99999999999999999999",
        "counsellor=99999999999999999999",
    ):
        assert browser.get(f"{LIST}?{nonsense}").status_code in (200, 302, 400), nonsense


def test_the_page_of_a_person_asks_as_often_for_a_short_timeline_as_for_a_long_one(ask, browser_of):
    lead = ask(email="asha@example.com")
    browser = browser_of("owner")
    browser.get(page_of(lead))
    with CaptureQueriesContext(connection) as short:
        browser.get(page_of(lead))
    for number in range(10):
        queue(lead.contact, "stop_confirmed", {"centre": "C"}, subject="", dedupe_key=str(number))

    with CaptureQueriesContext(connection) as long:
        html = browser.get(page_of(lead)).content.decode()

    assert len(long) == len(short) <= 24
    assert html.count("stop confirmed") >= 10


def test_the_timeline_tells_the_whole_story_with_the_fix(ask, browser_of):
    lead = ask(email="asha@example.com", message="Is there a demo class?")
    CommunicationLog.objects.filter(channel="whatsapp").update(
        state="failed", reason="twilio:63003"
    )

    html = browser_of("counsellor").get(page_of(lead)).content.decode()

    assert "The number is not on WhatsApp. Call, or write an e-mail." in html
    assert "Send again…" in html and "simulated" in html and "Agreed to be contacted" in html
    assert "Is there a demo class?" in html


def test_secret_words_are_never_shown_to_staff(ask, browser_of):
    lead = ask()
    log = queue(lead.contact, "login_code", {"code": "840064", "centre": "C"}, subject="",
                dedupe_key="x", channels=("whatsapp",))[0]  # fmt: skip
    owner = browser_of("owner")
    pages = [
        page_of(lead),
        reverse("admin:messaging_communicationlog_change", args=[log.pk]),
        reverse("admin:messaging_communicationlog_retry", args=[log.pk]),
        reverse("admin:accounts_contact_change", args=[lead.contact_id]),
    ]

    texts = [owner.get(page).content.decode() for page in pages]

    assert not any("840064" in text for text in texts)
    assert "private" in texts[0]


@pytest.mark.parametrize("status", ["contacted", "interested", "lost"])
def test_marking_moves_the_enquiry_and_says_so(ask, browser_of, status):
    lead = ask()
    browser = browser_of("counsellor")

    response = browser.post(f"{LIST}{lead.pk}/status/", {"status": status}, follow=True)

    lead.refresh_from_db()
    assert lead.status == status
    assert f"Asha Rao is marked {status}." in response.content.decode()


def test_nobody_is_marked_enrolled_by_hand(ask, browser_of):
    lead = ask()

    response = browser_of("owner").post(f"{LIST}{lead.pk}/status/", {"status": "enrolled"})

    lead.refresh_from_db()
    assert (response.status_code, lead.status) == (404, "new")


def test_reopening_a_lost_enquiry_never_doubles_an_open_one(ask, browser_of):
    old = ask()
    old.mark("lost")
    ask()

    response = browser_of("owner").post(
        f"{LIST}{old.pk}/status/", {"status": "contacted"}, follow=True
    )

    old.refresh_from_db()
    assert old.status == "lost"
    assert "has another open enquiry already" in response.content.decode()


def test_marking_many_from_the_list_is_one_post(ask, browser_of, people):
    chosen = [ask().pk, ask(name="Dev Rao").pk]
    ask(name="Zoya Khan", phone="98123 45678")
    browser = browser_of("counsellor")

    browser.post(LIST, {"action": "mark_interested", "_selected_action": chosen})
    browser.post(LIST, {"action": "assign_to_me", "_selected_action": chosen})

    marked = Lead.objects.filter(status="interested", assigned_to=people["counsellor"])
    assert sorted(marked.values_list("pk", flat=True)) == sorted(chosen)


def new_enquiry(**changed):
    return {"name": "Asha Rao", "number": "098765-43210", "email": "asha@example.com",
            "course": "", "source": "phone", "language": "en-in", "message": "",
            "consented": "on", **changed}  # fmt: skip


def test_staff_add_an_enquiry_by_the_same_door_as_the_website(centre, browser_of):
    response = browser_of("counsellor").post(LIST + "add/", new_enquiry(), follow=True)

    lead = Lead.objects.get()
    assert response.status_code == 200
    assert (lead.phone, lead.source, lead.enquiries.get().via) == (
        "+919876543210",
        "phone",
        "staff",
    )
    assert Consent.objects.get().source == "staff"
    assert set(CommunicationLog.objects.values_list("state", flat=True)) == {"pending"}


def test_without_the_persons_consent_nothing_is_sent_until_it_is_recorded(centre, browser_of):
    browser = browser_of("counsellor")
    browser.post(LIST + "add/", new_enquiry(consented=""))
    lead = Lead.objects.get()
    states = set(CommunicationLog.objects.values_list("state", "reason"))
    browser.post(f"{LIST}{lead.pk}/consent/", {})
    still = set(CommunicationLog.objects.values_list("state", flat=True))

    browser.post(f"{LIST}{lead.pk}/consent/", {"agreed": "on"})

    assert states == {("held", "no_consent")}
    assert still == {"held"}
    assert Consent.objects.get().source == "staff"
    assert set(CommunicationLog.objects.values_list("state", flat=True)) == {"pending"}


def test_a_person_who_asked_before_is_updated_not_doubled(ask, browser_of):
    ask()

    response = browser_of("owner").post(LIST + "add/", new_enquiry(), follow=True)

    assert "This person had asked before" in response.content.decode()
    assert (Lead.objects.count(), Enquiry.objects.count()) == (1, 2)


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("number", "12345", "Please write all 10 digits"),
        ("number", "", "Please write the person&#x27;s number."),
        ("name", "  ", "Please write"),
        ("email", "asha@", "valid email address"),
    ],
)
def test_bad_input_is_kept_and_explained(centre, browser_of, field, typed, says):
    response = browser_of("owner").post(LIST + "add/", new_enquiry(**{field: typed}))

    html = response.content.decode()
    assert says in html
    assert response.status_code == 200 and not Lead.objects.exists()
    if typed.strip():
        assert f'value="{typed}"' in html


def test_details_are_corrected_without_touching_number_or_status(ask, browser_of):
    lead = ask()

    browser_of("owner").post(
        page_of(lead),
        {"name": "Asha B Rao", "email": "", "course": "", "assigned_to": "", "language": "hi",
         "message": "", "status": "enrolled", "phone": "+919999999999"},
    )  # fmt: skip

    lead.refresh_from_db()
    assert (lead.name, lead.status, lead.phone) == ("Asha B Rao", "new", "+919876543210")


def test_a_name_that_doubles_an_open_enquiry_is_refused(ask, browser_of):
    lead = ask(name="Asha Rao")
    ask(name="Dev Rao")

    response = browser_of("owner").post(page_of(lead), {"name": "dev  RAO", "language": "en-in"})

    assert "another open enquiry of this name" in response.content.decode()


def test_staff_can_stop_messages_for_a_person_who_says_so(ask, browser_of):
    lead = ask()

    browser_of("counsellor").post(f"{LIST}{lead.pk}/opt-out/")

    lead.contact.refresh_from_db()
    assert lead.contact.opted_out_at
    assert Consent.objects.filter(action="withdrawn", source="staff").count() == 1


def test_the_export_is_for_the_owner_and_runs_no_formula(ask, browser_of):
    ask(name="=HYPERLINK(A1) Rao", email="a@example.com")
    ask(name="Dev Rao", phone="98123 45678")

    response = browser_of("owner").get(LIST + "export/?status__exact=new&q=hyper")
    everything = b"".join(browser_of("owner").get(LIST + "export/").streaming_content).decode()

    assert response["Content-Type"].startswith("text/csv")
    assert "'=HYPERLINK(A1) Rao,'+91 98765 43210,a@example.com" in everything
    assert "Dev Rao" in everything
    assert "Dev Rao" not in b"".join(response.streaming_content).decode()


def test_a_name_with_markup_is_shown_as_it_was_typed(ask, browser_of):
    lead = ask(name="<b>Asha</b>", message="<script>alert(1)</script>")
    browser = browser_of("owner")

    for page in ("/admin/", LIST, page_of(lead)):
        html = browser.get(page).content.decode()
        assert "<b>Asha</b>" not in html and "<script>alert(1)" not in html
