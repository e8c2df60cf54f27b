"""The enquiry, as people make it on the devices they have."""

import itertools

import pytest

pytestmark = pytest.mark.browser

EVERYTHING = list(itertools.product((True, False), (360, 1280), ("en-in", "hi"), ("light", "dark")))
# Each value of each column at least once with each script setting; the rest is slow.
DAILY = {
    (True, 360, "en-in", "light"), (True, 1280, "hi", "dark"),
    (False, 360, "hi", "dark"), (False, 1280, "en-in", "light"),
}  # fmt: skip
MATRIX = [
    pytest.param(*row, marks=[] if row in DAILY else [pytest.mark.slow]) for row in EVERYTHING
]
NEXT = {"en-in": "What happens next", "hi": "अब क्या होगा"}


@pytest.mark.parametrize(("script", "width", "language", "scheme"), MATRIX)
def test_an_enquiry_arrives_and_says_what_happens_next(visitor, script, width, language, scheme):
    person = visitor(script=script, width=width, language=language, scheme=scheme)
    person.go("/?utm_source=poster")

    number = a_number()
    person.fill_in(phone=number, email=f"asha{number}@example.com")
    person.page.select_option("#id_course", "analytics")
    person.send()

    assert "/enquiries/" in person.page.url
    assert "Asha" in person.page.inner_text("h1")
    assert person.page.inner_text("main h2") == NEXT[language]
    assert person.page.locator(".happens li").count() == 3
    assert not person.is_too_wide()


def test_the_heading_of_the_thank_you_page_has_the_focus(visitor):
    person = visitor()
    person.go("/")

    person.fill_in(phone=a_number())
    person.send()

    assert person.page.evaluate("document.activeElement.tagName") == "H1"


@pytest.mark.parametrize("script", [True, False])
def test_errors_stand_beside_their_fields_and_nothing_typed_is_lost(visitor, script):
    person = visitor(script=script)
    person.go("/courses/django/")
    uuid = person.page.input_value("#id_uuid")

    person.page.fill("#id_name", "Ravi")
    person.page.fill("#id_phone", "12345")
    person.page.fill("#id_email", "ravi@example")
    person.page.check("#id_consent")
    person.send()
    page = person.page

    assert page.input_value("#id_name") == "Ravi"
    assert page.input_value("#id_phone") == "12345"
    assert page.input_value("#id_email") == "ravi@example"
    assert page.input_value("#id_course") == "django"
    assert page.is_checked("#id_consent")
    assert page.input_value("#id_uuid") == uuid
    assert page.get_attribute("#id_phone", "aria-invalid") == "true"
    assert "id_phone_error" in page.get_attribute("#id_phone", "aria-describedby")
    assert "10 digits" in page.inner_text("#id_phone_error")
    assert page.get_attribute("#id_name", "aria-invalid") is None
    assert page.evaluate("document.activeElement.id") == "id_phone"
    assert page.locator("#id_phone").bounding_box()["y"] < 740
    assert page.locator("[role=alert] li").count() == 2


def test_a_corrected_form_goes_through(visitor):
    person = visitor(script=False, language="hi")
    person.go("/")
    person.send()
    assert person.page.locator(".errorlist").count() == 3

    person.fill_in(phone=a_number())
    person.send()

    assert "Asha" in person.page.inner_text("h1")


def test_a_reloaded_error_page_leads_back_to_the_first_page(visitor):
    person = visitor()

    person.go("/enquiries/")

    assert person.page.url.split("?")[0] == person.site + "/"


@pytest.mark.parametrize("script", [True, False])
def test_the_card_of_a_course_chooses_it_in_the_form(visitor, script):
    person = visitor(script=script)
    person.go("/")

    person.page.click("[data-course=analytics]")
    if not script:
        person.page.wait_for_url("**course=analytics*")

    assert person.page.input_value("#id_course") == "analytics"


def test_unsent_text_survives_a_reload_and_is_forgotten_once_sent(visitor):
    person = visitor()
    person.go("/")
    person.page.fill("#id_name", "Asha Rao")
    person.page.reload()
    assert person.page.input_value("#id_name") == "Asha Rao"

    person.fill_in(phone=a_number())
    person.send()
    person.go("/")

    assert person.page.input_value("#id_name") == ""


def test_an_enquiry_works_with_the_keyboard_alone(visitor):
    person = visitor(width=1280)
    person.go("/")
    page = person.page
    page.focus("#id_name")

    page.keyboard.type("Asha Rao")
    page.keyboard.press("Tab")
    page.keyboard.type(a_number())
    for _ in range(4):  # e-mail, course, question's summary, consent
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "id_consent"
    page.keyboard.press("Space")
    page.wait_for_timeout(700)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    assert "Asha" in page.inner_text("h1")


def test_the_trap_for_programs_is_neither_seen_nor_read_nor_reached(visitor):
    person = visitor()
    person.go("/")

    trap = person.page.locator("#id_website")

    assert trap.get_attribute("tabindex") == "-1"
    assert person.page.get_attribute(".trap", "aria-hidden") == "true"
    assert person.page.locator(".trap").bounding_box()["width"] <= 1


_numbers = itertools.count(9876500001, step=271)


def a_number():
    """Another mobile number each time, no neighbour of the last: what is sent is not held."""
    return str(next(_numbers))
