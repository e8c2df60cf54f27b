"""The public pages: what they say, what they leave out, and how much they ask of the database."""

import re
from urllib.parse import unquote

import pytest
from django.template.loader import render_to_string

from academics.models import Batch, Course
from coaching.accounts.phone import for_people
from coaching.centre.models import Policy, Profile
from coaching.common import remember
from leads.models import Lead
from tests.leads.asking import a_post

pytestmark = pytest.mark.django_db


# --- the landing page ------------------------------------------------------------------------


def test_the_landing_page_says_name_promise_date_seats_and_fee(centre, read):
    words = read("/")

    batch = Batch.objects.get(code="FND-EVE")
    assert centre.name in words
    assert centre.tagline in words
    assert "7:30–9:30 PM IST" in words
    assert f"{batch.starts_on.day} {batch.starts_on:%b}" in words
    assert "6 seats left" in words
    assert "₹9,500" in words


def test_times_say_morning_and_evening_where_they_differ(centre, read):
    assert "10 AM–1 PM IST" in read("/")


def test_a_full_batch_says_so_and_is_not_the_next_one(centre, read):
    Batch.objects.filter(code="FND-EVE").update(seats_taken_elsewhere=20)

    words = read("/")

    assert words.index("Sat, Sun") < words.index("Full")
    assert "0 seats" not in words


def test_one_seat_is_one_seat(centre, read):
    Batch.objects.filter(code="FND-EVE").update(seats_taken_elsewhere=19)

    assert "1 seat left" in read("/")


def test_without_an_open_batch_dates_are_on_request(centre, read):
    Batch.objects.update(is_archived=True)

    words = read("/")

    assert "Dates on request" in words
    assert "from ₹9,500" in words
    assert "Next batch " not in words


def test_without_a_course_the_page_still_takes_enquiries(db, read):
    words = read("/")

    assert "Our new courses are being prepared" in words
    assert "Send my enquiry" in words
    assert "₹" not in words


def test_a_bare_profile_shows_no_button_that_leads_nowhere(centre, client):
    Profile.objects.update(phone="", whatsapp="", email="", address="", city="", tagline="")
    remember.forget_everything()

    page = client.get("/").content.decode()

    assert "tel:" not in page
    assert "wa.me" not in page
    assert "mailto:" not in page
    assert "maps" not in page
    assert f"<h1>{centre.name}</h1>" in page


def test_the_whatsapp_button_is_digits_and_names_the_course(centre, client):
    Course.objects.filter(slug="analytics").update(title="Data & AI")

    page = client.get("/courses/analytics/").content.decode()
    link = re.search(r"https://wa\.me/(\d+)\?text=([^\"]+)", page)

    assert link[1] == centre.whatsapp.removeprefix("+")
    assert re.fullmatch(r"[\w.~%-]+", link[2])
    assert "Data & AI" in unquote(link[2])


def test_a_question_is_answered_only_by_the_centres_own_policy(centre, read):
    Policy.objects.filter(key="discount.policy").update(is_archived=True)

    words = read("/")

    assert "Is there a discount?" not in words
    assert "Do I get a certificate?" in words


def test_the_owners_words_cannot_break_out_of_the_page(centre, client):
    Course.objects.update(summary="</script><script>alert(1)</script>")

    page = client.get("/").content.decode()

    assert "<script>alert" not in page


def test_campaign_fields_travel_with_the_form(centre, client):
    page = client.get('/?utm_source=poster&gclid="><i>').content.decode()

    assert '<input type="hidden" name="utm_source" value="poster">' in page
    assert '"><i>' not in page


@pytest.mark.parametrize("path", ["/", "/courses/foundation/", "/privacy/"])
def test_a_page_asks_the_database_as_often_for_many_rows_as_for_few(
    centre, client, path, django_assert_max_num_queries
):
    with django_assert_max_num_queries(12) as few:
        client.get(path)
    for number in range(20):
        course = Course.objects.create(slug=f"c{number}", title=f"C {number}", price_paise=100_000)
        batch = Batch.objects.filter(code="FND-EVE").first()
        batch.pk, batch.code, batch.course = None, f"B{number}", course
        batch.save(force_insert=True)

    with django_assert_max_num_queries(12) as many:
        client.get(path)

    assert len(many) == len(few)


def test_hindi_says_everything_in_hindi(centre, read):
    words = read("/?lang=hi")

    assert "पूछताछ भेजें" in words
    assert "6 सीटें बाकी" in words
    assert "7:30–9:30 PM IST" in words
    assert "काम कर रहे डेवलपर्स" in words
    assert "Send my enquiry" not in words


# --- the course page -------------------------------------------------------------------------


def test_the_course_page_tells_all_and_has_the_course_chosen(centre, client, read):
    words = read("/courses/django/")
    page = client.get("/courses/django/").content.decode()

    for part in ("HTML and CSS basics", "Live project", "Rohini Deshpande", "₹24,000", "₹8,000",
                 "week 10", "HTML is taught in the course", "16 weeks, 96 hours"):  # fmt: skip
        assert part in words
    assert '<option value="django" selected>' in page


def test_an_archived_course_is_not_found(centre, client):
    Course.objects.filter(slug="django").update(is_archived=True)

    assert client.get("/courses/django/").status_code == 404


# --- the form --------------------------------------------------------------------------------


def test_a_wrong_form_comes_back_with_everything_that_was_typed(centre, client):
    given = a_post(phone="12345", message="Is there parking?", utm_source="poster")

    response = client.post("/enquiries/", given)
    page = response.content.decode()

    assert response.status_code == 422
    assert Lead.objects.count() == 0
    for kept in ("Asha Rao", "12345", "asha@example.com", given["uuid"], given["stamp"],
                 "Is there parking?", "poster"):  # fmt: skip
        assert kept in page
    assert '<option value="analytics" selected>' in page
    assert re.search(r'name="consent"[^>]*checked', page)
    assert re.search(r'name="phone"[^>]*aria-invalid="true"', page)
    assert re.search(r'name="phone"[^>]*autofocus', page)
    assert page.count("autofocus") == 1
    assert '<details class="question" open>' in page


def test_the_language_link_of_a_wrong_form_is_a_page_that_exists(centre, client):
    page = client.post("/enquiries/", a_post(phone="")).content.decode()

    assert 'href="/?lang=hi"' in page


# --- the rest --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        ("en-in", ("Data Protection Board of India", "How long we keep it", "STOP", "Your rights")),
        ("hi", ("Data Protection Board of India", "कब तक", "STOP", "आपके अधिकार")),
    ],
)
def test_the_notice_names_what_why_how_long_and_whom_to_ask(centre, read, language, parts):
    words = read(f"/privacy/?lang={language}")

    for part in (*parts, centre.email, for_people(centre.phone)):
        assert part in words


def test_error_pages_speak_plainly(centre, client):
    missing = client.get("/nothing/")
    unreadable = client.get("/?q=%00")

    assert missing.status_code == 404
    assert "This page is not here" in missing.content.decode()
    assert unreadable.status_code == 400


@pytest.mark.parametrize("name", ["400.html", "403_csrf.html", "500.html", "503.html"])
def test_the_pages_for_broken_days_need_neither_database_nor_styles(
    name, django_assert_num_queries
):
    with django_assert_num_queries(0):
        html = render_to_string(name)

    assert re.findall(r'(?:src|href)="([^"]*)', html) == ["/error.css", "/"]


def test_control_an_ordinary_error_page_leans_on_styles():
    assert "/static/" in render_to_string("404.html")
