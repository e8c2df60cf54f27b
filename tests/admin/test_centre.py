"""What the owner edits: courses, batches, the profile, people. Words in, sentences out."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from academics.admin.fields import InstalmentsField, read_price
from academics.models import Batch, Course
from coaching.accounts.models import User
from coaching.centre.models import Profile
from coaching.common.money import read_rupees
from coaching.messaging.models import CommunicationLog


def course_page(course):
    return f"/admin/academics/course/{course.pk}/change/"


def course_words(course, **changed):
    return {
        "title": course.title, "title_hi": course.title_hi, "slug": course.slug,
        "summary": course.summary, "summary_hi": course.summary_hi, "level": course.level,
        "price_paise": "9,500", "instalments": "5000 at joining\n4500 week 4",
        "duration_weeks": "8", "hours": "48", "syllabus": "Variables\n\n Loops  and lists ",
        "prerequisites": "", "trainer": "", "trainer_experience": "", "aliases": "",
        "position": "0", **changed,
    }  # fmt: skip


def test_a_course_is_edited_in_rupees_and_lines(centre, browser_of):
    course = Course.objects.get(slug="foundation")
    browser = browser_of("owner")
    form = browser.get(course_page(course)).context["adminform"].form

    browser.post(course_page(course), course_words(course))

    assert form["price_paise"].value() == "9,500"
    assert form["instalments"].value().startswith("5,000 at joining\n")
    course.refresh_from_db()
    assert course.price_paise == 950_000
    assert course.syllabus == ["Variables", "Loops and lists"]
    assert course.instalments == [
        {"paise": 500_000, "when": "at joining"}, {"paise": 450_000, "when": "week 4"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"instalments": "5000 at joining"}, "The instalments make ₹5,000, the price is ₹9,500: "
                                             "₹4,500 missing."),
        ({"instalments": "5000 at joining\nsome day"}, "“some day” is not understood."),
        ({"price_paise": "nine"}, "“nine” is no amount. Write it like 12000."),
        ({"price_paise": "0"}, "Write an amount of at least ₹1 and at most ₹2,00,00,000."),
        ({"price_paise": ""}, "Write the price, like 12000."),
    ],
)  # fmt: skip
def test_a_wrong_course_is_kept_and_says_what_to_do(centre, browser_of, changed, says):
    course = Course.objects.get(slug="foundation")

    response = browser_of("owner").post(course_page(course), course_words(course, **changed))

    form = response.context["adminform"].form
    errors = [error for errors in form.errors.values() for error in errors]
    assert len(errors) == 1 and says in errors[0]
    assert all(form[name].value() == typed for name, typed in changed.items())


@pytest.mark.parametrize(
    ("typed", "paise"),
    [("12000", 1_200_000), ("₹ 12,000.50", 1_200_050), ("Rs. 1,20,000/-", 12_000_000),
     ("INR 99", 9_900), ("5000.", 500_000), ("0.5", 50), ("0", 0), ("१२०००", 1_200_000)],
)  # fmt: skip
def test_rupees_are_read_however_they_are_typed(typed, paise):
    assert read_rupees(typed) == paise


@pytest.mark.parametrize("typed", ["", "abc", "1.005", "-5", "NaN", "inf", "1e3", "1e20", "1/-/-"])
def test_what_is_no_amount_is_refused(typed):
    with pytest.raises(ValueError):
        read_rupees(typed)


@pytest.mark.parametrize("typed", ["abc", "0.99", "20000000.01"])
def test_what_is_no_price_is_refused_where_a_course_is_edited(typed):
    with pytest.raises(ValidationError):
        read_price(typed)


def test_an_instalment_survives_being_shown_and_read_again():
    field = InstalmentsField()
    parts = [{"paise": 123_450, "when": "week 4"}, {"paise": 100, "when": "at joining"}]

    assert field.clean(field.prepare_value(parts)) == parts


def batch_words(**changed):
    return {"code": "FND-NEW", "course": Course.objects.first().pk, "mode": "online",
            "starts_on": "2027-01-04", "days": ["1", "3"], "start_time": "18:00",
            "end_time": "20:00", "seats": "10", "seats_taken_elsewhere": "0",
            "meeting_link": "", **changed}  # fmt: skip


def test_a_batch_is_planned_with_ticked_days(centre, browser_of):
    browser_of("owner").post("/admin/academics/batch/add/", batch_words())

    batch = Batch.objects.get(code="FND-NEW")
    assert (batch.days, batch.starts_on) == ([1, 3], dt.date(2027, 1, 4))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"days": []}, "Tick at least one day of the week."),
        ({"seats_taken_elsewhere": "11"}, "11 seats are taken already: more than that."),
        ({"end_time": "17:00"}, "The class must end after it starts."),
    ],
)
def test_an_impossible_batch_is_explained(centre, browser_of, changed, says):
    response = browser_of("owner").post("/admin/academics/batch/add/", batch_words(**changed))

    assert says in response.content.decode()
    assert not Batch.objects.filter(code="FND-NEW").exists()


LIMITS = {
    "budget_whatsapp_paise_day": "500.00", "budget_whatsapp_paise_hour": "125.00",
    "price_whatsapp_paise": "1.00", "budget_voice_paise_day": "1,000.00",
    "budget_voice_paise_hour": "250.00", "price_voice_paise_minute": "4.50",
    "leads_per_ip_hour": "30", "leads_per_network_hour": "100", "leads_per_prefix_hour": "50",
    "sequential_numbers": "5", "breaker_outcomes": "50",
}  # fmt: skip
FEES = {
    "gst_percent": "18", "early_discount_paise": "0", "fee_grace_days": "5",
    "seat_grace_minutes": "10", "payment_link_hours": "24", "approval_above_paise": "10,000.00",
    "refund_days_before": "3", "refund_keeps_paise": "500.00", "refund_first_week_percent": "50",
}  # fmt: skip
PROFILE = "/admin/centre/profile/1/change/"


def profile_words(**changed):
    return {"name": "Pathkriti", "phone": "0712 255 5010", "whatsapp": "98765 43210",
            "calling_opens": "09:30", "calling_closes": "20:00", "welcome_window_hours": "24",
            "regions": "IN", "gstin": "", **LIMITS, **FEES, **changed}  # fmt: skip


def test_the_profile_is_one_page_and_reads_numbers_as_typed(centre, browser_of):
    browser = browser_of("owner")

    listed = browser.get("/admin/centre/profile/")
    browser.post(listed.url, profile_words())

    profile = Profile.current()
    assert (profile.phone, profile.whatsapp) == ("+917122555010", "+919876543210")
    assert profile.calling_opens == dt.time(9, 30)


def test_the_demo_profile_can_be_saved_as_it_stands(centre, browser_of):
    """Its numbers are nobody's, so that nobody is rung: they must not stop every other change."""
    before = Profile.current()
    numbers = {"phone": before.phone, "whatsapp": before.whatsapp}

    browser_of("owner").post(
        PROFILE,
        profile_words(**numbers, city="Wardha", calling_closes="8:30 PM"),
    )

    after = Profile.current()
    assert (after.city, after.calling_closes) == ("Wardha", dt.time(20, 30))
    assert {"phone": after.phone, "whatsapp": after.whatsapp} == numbers


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"calling_opens": "07:00"}, "Calls are lawful from 9:00 AM to 9:00 PM."),
        ({"phone": "123"}, "This is no telephone number."),
        ({"gstin": "12AB"}, "A GSTIN has 15 characters"),
        ({"regions": "India"}, "is no two-letter country code"),
    ],
)
def test_an_unlawful_or_wrong_profile_is_explained(centre, browser_of, changed, says):
    response = browser_of("owner").post(PROFILE, profile_words(**changed))

    assert says in response.content.decode()


def test_budgets_are_shown_and_typed_in_rupees_and_kept_in_paise(centre, browser_of):
    browser = browser_of("owner")
    shown = browser.get(PROFILE).context["adminform"].form

    browser.post(PROFILE, profile_words(budget_whatsapp_paise_day="₹ 1,25,000.50",
                                        budget_whatsapp_paise_hour="0",
                                        price_whatsapp_paise="0.87"))  # fmt: skip

    profile = Profile.fresh()
    assert {name: str(shown[name].value()) for name in LIMITS} == LIMITS
    assert profile.budget_whatsapp_paise_day == 12_500_050
    assert profile.budget_paise("whatsapp", "hour") is None
    assert profile.price_whatsapp_paise == 87


def test_saving_the_profile_as_it_stands_changes_no_limit(centre, browser_of):
    before = {name: getattr(Profile.fresh(), name) for name in LIMITS}

    browser_of("owner").post(PROFILE, profile_words())

    assert {name: getattr(Profile.fresh(), name) for name in LIMITS} == before


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"budget_whatsapp_paise_hour": "500.01"}, "An hour cannot have more than the day's ₹500."),
        ({"budget_voice_paise_hour": "4.49"}, "A minute of a call costs ₹4.50, so this budget"),
        ({"budget_whatsapp_paise_day": "0.50", "budget_whatsapp_paise_hour": "0"},
         "One message costs ₹1, so this budget lets none leave."),
        ({"price_whatsapp_paise": "0"}, "With a price of ₹0 the budget would stop nothing."),
        ({"price_whatsapp_paise": "many"}, "“many” is no amount. Write rupees, like 500 or 12.50."),
        ({"price_whatsapp_paise": "1.005"}, "“1.005” is no amount."),
        ({"budget_voice_paise_day": "-1"}, "“-1” is no amount."),
        ({"budget_voice_paise_day": "20000000.01"}, "That is more than ₹2,00,00,000."),
        ({"budget_voice_paise_day": ""}, "Write an amount in rupees; 0 is one, too."),
        ({"leads_per_ip_hour": "-1"}, "Write a whole number of at most nine digits"),
        ({"sequential_numbers": "9999999999"}, "Write a whole number of at most nine digits"),
        ({"breaker_outcomes": "half"}, "Write a whole number of at most nine digits"),
    ],
)  # fmt: skip
def test_a_limit_that_cannot_be_is_refused_in_one_sentence(centre, browser_of, changed, says):
    before = Profile.fresh()

    response = browser_of("owner").post(PROFILE, profile_words(**changed))

    errors = [e for es in response.context["adminform"].form.errors.values() for e in es]
    assert len(errors) == 1 and errors[0].startswith(says)
    assert Profile.fresh().budget_whatsapp_paise_day == before.budget_whatsapp_paise_day


@pytest.mark.parametrize(
    "changed",
    [
        {"budget_whatsapp_paise_day": "0", "budget_whatsapp_paise_hour": "125"},
        {"budget_whatsapp_paise_day": "0", "budget_whatsapp_paise_hour": "0",
         "price_whatsapp_paise": "0"},
        {"budget_whatsapp_paise_day": "125", "budget_whatsapp_paise_hour": "125"},
    ],
)  # fmt: skip
def test_no_limit_is_an_answer_too(centre, browser_of, changed):
    assert browser_of("owner").post(PROFILE, profile_words(**changed)).status_code == 302


def test_a_new_counsellor_is_invited_and_has_no_password(centre, browser_of):
    browser = browser_of("owner")

    browser.post(
        "/admin/accounts/user/add/",
        {"name": "Imran", "role": "counsellor", "email": "Imran@Example.com",
         "number": "98765 43210", "is_active": "on"},
    )  # fmt: skip

    user = User.objects.get(email="imran@example.com")
    assert (user.role, user.is_staff, user.has_usable_password()) == ("counsellor", True, False)
    letter = CommunicationLog.objects.get(purpose="account_mail")
    assert letter.recipient == "imran@example.com"
    assert "/accounts/password/reset/key/" in letter.context["body"]


def test_staff_without_a_number_are_invited_straight_away(centre, browser_of, mailoutbox):
    browser_of("owner").post(
        "/admin/accounts/user/add/",
        {"name": "Anjali", "role": "teacher", "email": "anjali@example.com", "number": "",
         "is_active": "on"},
    )  # fmt: skip

    assert [mail.to for mail in mailoutbox] == [["anjali@example.com"]]
    assert not CommunicationLog.objects.exists()


def test_a_student_gets_neither_password_nor_invitation(centre, browser_of, mailoutbox):
    browser_of("owner").post(
        "/admin/accounts/user/add/",
        {"name": "Riya", "role": "student", "email": "", "number": "98765 43210",
         "is_active": "on"},
    )  # fmt: skip

    user = User.objects.get(name="Riya")
    assert (user.role, user.is_staff, user.email) == ("student", False, None)
    assert not mailoutbox and not CommunicationLog.objects.exists()


def test_nobody_gets_a_role_that_was_not_chosen(centre, browser_of):
    browser_of("owner").post(
        "/admin/accounts/user/add/", {"name": "X", "email": "x@example.com", "number": ""}
    )

    assert not User.objects.filter(email="x@example.com").exists()


def test_the_last_owner_cannot_be_taken_away(centre, browser_of, people):
    page = f"/admin/accounts/user/{people['owner'].pk}/change/"
    words = {"name": "Owner", "email": "owner@example.com", "number": ""}

    demoted = browser_of("owner").post(page, {**words, "role": "teacher", "is_active": "on"})
    closed = browser_of("owner").post(page, {**words, "role": "owner"})

    for response in (demoted, closed):
        assert "This is the only owner" in response.content.decode()
    people["owner"].refresh_from_db()
    assert people["owner"].is_active and people["owner"].is_staff


def test_a_changed_role_takes_the_command_centre_away(centre, browser_of, people):
    teacher = browser_of("teacher")

    browser_of("owner").post(
        f"/admin/accounts/user/{people['teacher'].pk}/change/",
        {"name": "T", "email": "teacher@example.com", "number": "", "role": "student",
         "is_active": "on"},
    )  # fmt: skip

    assert teacher.get("/admin/", follow=True).status_code == 403


def test_no_permission_matrix_is_shown(centre, browser_of, people):
    html = (
        browser_of("owner")
        .get(f"/admin/accounts/user/{people['teacher'].pk}/change/")
        .content.decode()
    )

    assert "user_permissions" not in html and "superuser" not in html and "argon2" not in html
