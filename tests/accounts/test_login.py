"""Logging in: staff by password, students by a code; strangers learn nothing."""

import re

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from coaching.accounts.models import Contact, User
from coaching.messaging.models import CommunicationLog

ASK, CONFIRM, LOGIN = "/accounts/login/code/", "/accounts/login/code/confirm/", "/accounts/login/"
NUMBER = "+919811111111"


@pytest.fixture(autouse=True)
def fresh(settings, db):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    cache.clear()  # the rate limits' memory


@pytest.fixture
def student(db):
    return a_student("Rohan Patil", email="rohan@example.com")


@pytest.fixture
def owner(db):
    user = User.objects.create_user("owner@example.com", "front-desk-demo", name="Meera")
    user.set_role("owner")
    return user


def a_student(name, *, phone=NUMBER, email=None):
    user = User.objects.create_user(email, name=name, contact=Contact.objects.having(phone))
    user.set_role("student")
    return user


def codes():
    return CommunicationLog.objects.filter(purpose="login_code").order_by("pk")


def code():
    return codes().last().context["code"]


def who_is_in(client):
    return client.session.get("_auth_user_id")


@pytest.mark.parametrize("typed", ["98111 11111", "+91-98111-11111", "0981 1111111"])
def test_a_student_logs_in_by_a_code_on_whatsapp(client, student, typed):
    asked = client.post(ASK, {"login": typed})
    sent = codes().get()
    client.post(CONFIRM, {"code": code()})

    assert asked.url == CONFIRM
    assert (sent.channel, sent.recipient) == ("whatsapp", NUMBER)
    assert re.fullmatch(r"[0-9]{6}", sent.context["code"])
    assert who_is_in(client) == str(student.pk)


def test_a_student_logs_in_by_a_code_by_e_mail(client, student):
    client.post(ASK, {"login": "Rohan@Example.com"})
    sent = codes().get()
    answer = client.post(CONFIRM, {"code": f" {code()[:3]} {code()[3:]}"})

    assert (sent.channel, sent.recipient) == ("email", "rohan@example.com")
    assert answer.url == reverse("home_after_login")
    assert who_is_in(client) == str(student.pk)


def test_the_code_field_is_made_for_telephones(client, student):
    client.post(ASK, {"login": NUMBER})

    html = client.get(CONFIRM).content.decode()

    assert 'autocomplete="one-time-code"' in html and 'inputmode="numeric"' in html


def test_a_wrong_code_stays_on_the_page_and_three_end_it(client, student):
    client.post(ASK, {"login": NUMBER})
    right = code()

    first = client.post(CONFIRM, {"code": "000000" if right != "000000" else "111111"})
    client.post(CONFIRM, {"code": "abc"})
    third = client.post(CONFIRM, {"code": "abd"})
    client.post(CONFIRM, {"code": right})

    assert "Incorrect code" in first.content.decode()
    assert third.url == ASK
    assert who_is_in(client) is None


def test_a_new_code_replaces_the_old_one(client, student):
    client.post(ASK, {"login": NUMBER})
    old = code()
    client.post(CONFIRM, {"action": "resend"})
    new = code()

    assert codes().count() == 2
    assert old != new
    client.post(CONFIRM, {"code": new})
    assert who_is_in(client) == str(student.pk)


def screens(login):
    """What somebody sees who types `login`, asks again, and guesses; without tokens."""
    client = Client()
    seen = [client.post(ASK, {"login": login})]
    seen += [client.get(CONFIRM), client.post(CONFIRM, {"action": "resend"}), client.get(CONFIRM)]
    seen += [client.post(CONFIRM, {"code": "x"}) for _ in range(3)]
    return [
        (
            s.status_code,
            s.headers.get("Location"),
            re.sub(r'value="\w{64}"', "", s.content.decode()),
        )
        for s in seen
    ]


@pytest.mark.parametrize(
    ("known", "unknown"),
    [("+919811111111", "+919822222222"), ("rohan@example.com", "nobody@example.com")],
)
def test_a_stranger_sees_what_a_student_sees(student, known, unknown):
    right, wrong = screens(known), screens(unknown)

    assert [s[:2] for s in wrong] == [s[:2] for s in right]
    for (_, _, of_known), (_, _, of_unknown) in zip(right, wrong, strict=True):
        masked = of_known.replace(known, "X").replace("98111 11111", "X")
        assert masked == of_unknown.replace(unknown, "X").replace("98222 22222", "X")


@pytest.mark.parametrize("login", ["+919822222222", "nobody@example.com", "owner@example.com"])
def test_nothing_is_sent_to_strangers_or_staff(client, owner, mailoutbox, login):
    client.post(ASK, {"login": login})
    client.post(CONFIRM, {"action": "resend"})
    client.post("/accounts/password/reset/", {"email": "nobody@example.com"})

    assert not CommunicationLog.objects.exists()
    assert not mailoutbox


def test_staff_are_turned_back_even_with_a_right_code(client, student):
    client.post(ASK, {"login": NUMBER})
    right = code()
    student.set_role("counsellor")

    answer = client.post(CONFIRM, {"code": right})

    assert answer.url == reverse("account_login")
    assert who_is_in(client) is None


def test_a_closed_student_gets_no_code(client, student):
    User.objects.update(is_active=False)

    client.post(ASK, {"login": NUMBER})
    client.post(ASK, {"login": "rohan@example.com"})

    assert not codes().exists()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("12345", "all 10 digits"),
        ("", "Please write your WhatsApp number"),
        ("rohan@", "is not complete"),
    ],
)
def test_bad_input_is_kept_and_explained(client, typed, says):
    response = client.post(ASK, {"login": typed})

    assert says in response.content.decode()


def test_codes_are_limited_per_number(client, student):
    answers = []
    for _ in range(4):
        client.post("/accounts/logout/")
        answers.append(client.post(ASK, {"login": NUMBER}).status_code)

    assert answers == [302, 302, 302, 200]
    assert codes().count() == 3


# --- one number, several students ----------------------------------------------------------


@pytest.fixture
def family(student):
    return student, a_student("Riya Patil")


def test_a_family_is_asked_who_is_learning(client, family):
    rohan, riya = family
    client.post(ASK + "?next=/privacy/", {"login": NUMBER, "next": "/privacy/"})
    asked = client.post(CONFIRM, {"code": code(), "next": "/privacy/"})
    page = client.get(asked.url).content.decode()
    before = who_is_in(client)

    answer = client.post(asked.url, {"student": riya.pk})

    assert asked.url == reverse("account_who")
    assert "Rohan Patil" in page and "Riya Patil" in page
    assert before is None
    assert answer.url == "/privacy/"
    assert who_is_in(client) == str(riya.pk)


def test_only_students_of_that_number_can_be_chosen(client, family, owner):
    stranger = a_student("Zoya Khan", phone="+919812345678")
    client.post(ASK, {"login": NUMBER})
    client.post(CONFIRM, {"code": code()})

    answers = [
        client.post("/accounts/who/", {"student": pk}).status_code
        for pk in (stranger.pk, owner.pk, "", "x", "0", "9" * 30)
    ]

    assert set(answers) == {404}
    assert who_is_in(client) is None


def test_the_question_is_open_only_to_whoever_entered_the_code(client, family):
    cold = client.get("/accounts/who/")
    client.post(ASK, {"login": NUMBER})
    uncoded = client.post("/accounts/who/", {"student": family[1].pk})

    assert cold.url == uncoded.url == ASK
    assert who_is_in(client) is None


def test_a_code_by_e_mail_asks_nobody(client, family):
    client.post(ASK, {"login": "rohan@example.com"})
    client.post(CONFIRM, {"code": code()})

    assert who_is_in(client) == str(family[0].pk)


# --- staff ---------------------------------------------------------------------------------


def test_staff_log_in_by_password_and_land_in_the_command_centre(client, owner):
    answer = client.post(LOGIN, {"login": "OWNER@example.com", "password": "front-desk-demo"})
    home = client.get(answer.url)

    assert home.url == reverse("admin:index")


def test_the_admin_has_no_log_in_of_its_own(client, owner):
    answer = client.post(
        "/admin/login/", {"username": "owner@example.com", "password": "front-desk-demo"}
    )

    assert answer.url.startswith(reverse("account_login"))
    assert who_is_in(client) is None


def test_passwords_are_guessed_five_times_and_no_more(client, owner):
    for _ in range(5):
        client.post(LOGIN, {"login": "owner@example.com", "password": "wrong"})

    answer = client.post(LOGIN, {"login": "owner@example.com", "password": "front-desk-demo"})

    assert "Too many failed login attempts" in answer.content.decode()
    assert who_is_in(client) is None


def test_sign_up_is_closed(client):
    shown = client.get("/accounts/signup/")
    client.post("/accounts/signup/", {"email": "me@example.com", "password1": "front-desk-demo"})

    assert "No sign-up here" in shown.content.decode()
    assert not User.objects.exists()


@pytest.mark.parametrize("page", ["email/", "password/set/", "confirm-email/", "confirm-email/x/"])
def test_pages_that_the_centre_keeps_for_itself_are_shut(client, student, page):
    client.force_login(student, backend="allauth.account.auth_backends.AuthenticationBackend")

    address = f"/accounts/{page}"

    assert client.get(address).status_code == client.post(address).status_code == 404


def test_a_forgotten_password_is_set_anew_by_a_link(client, owner, mailoutbox):
    client.post("/accounts/password/reset/", {"email": "owner@example.com"})
    link = re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", mailoutbox[0].body)[1]
    page = client.get(link)
    client.post(page.url, {"password1": "quite-a-new-one", "password2": "quite-a-new-one"})
    owner.refresh_from_db()
    used = client.get(link)

    assert owner.check_password("quite-a-new-one")
    assert "no longer works" in used.content.decode()


def test_the_reset_letter_of_staff_with_a_number_goes_through_the_outbox(client, owner, mailoutbox):
    owner.contact = Contact.objects.having("+919812345678")
    owner.save()

    client.post("/accounts/password/reset/", {"email": "owner@example.com"})

    letter = CommunicationLog.objects.get()
    assert (letter.purpose, letter.channel, letter.recipient) == (
        "account_mail", "email", "owner@example.com",
    )  # fmt: skip
    assert "/accounts/password/reset/key/" in letter.context["body"] and not mailoutbox


def test_a_student_never_gets_a_password(client, student):
    client.post("/accounts/password/reset/", {"email": "rohan@example.com"})
    client.force_login(student, backend="allauth.account.auth_backends.AuthenticationBackend")

    client.get("/accounts/password/change/")

    assert not CommunicationLog.objects.exists()
    student.refresh_from_db()
    assert not student.has_usable_password()


# --- the second step -----------------------------------------------------------------------


@pytest.fixture
def second_step(settings):
    settings.MFA_REQUIRED_FOR_STAFF = True


def test_staff_set_up_the_second_step_before_they_see_anything(client, owner, second_step):
    client.post(LOGIN, {"login": "owner@example.com", "password": "front-desk-demo"})

    answer = client.get("/admin/", follow=True)
    page = answer.redirect_chain[-1][0]
    client.post(page, {"password": "front-desk-demo"})
    setup = client.get("/accounts/2fa/totp/activate/")

    assert page.startswith(reverse("account_reauthenticate"))
    assert setup.status_code == 200 and "authenticator app" in setup.content.decode()


def test_with_the_app_every_log_in_asks_for_its_code(client, owner, second_step):
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(owner, generate_totp_secret())
    codes = RecoveryCodes.activate(owner)

    first = client.post(LOGIN, {"login": "owner@example.com", "password": "front-desk-demo"})
    before = who_is_in(client)
    client.post(first.url, {"code": codes.get_unused_codes()[0]})

    assert first.url == reverse("mfa_authenticate")
    assert before is None
    assert client.get("/admin/").status_code == 200


def test_students_need_no_second_step(client, student, second_step):
    client.post(ASK, {"login": NUMBER})

    client.post(CONFIRM, {"code": code()})

    assert who_is_in(client) == str(student.pk)
    assert client.get("/privacy/").status_code == 200


PAGES = [LOGIN, ASK, "/accounts/password/reset/", "/accounts/signup/", "/accounts/inactive/"]


@pytest.mark.parametrize("page", PAGES)
def test_our_pages_need_no_inline_scripts(client, page):
    response = client.get(page)

    html = response.content.decode()
    assert response.status_code == 200
    assert "<script>" not in html and "style=" not in html and "onclick" not in html
    assert "unsafe" not in response.headers["Content-Security-Policy"]


def test_a_student_arrives_at_a_page_that_says_who_is_logged_in(client, centre):
    contact = Contact.objects.having("+919811111111")
    student = User.objects.create_user(name="Sneha Kale", contact=contact)
    student.set_role("student")
    client.force_login(student)

    answer = client.get("/home/", follow=True)

    assert answer.redirect_chain == [("/portal/", 302)]
    html = answer.content.decode()
    assert "Namaste Sneha" in html
    assert "+91 98111 11111" in html


def test_the_portal_is_closed_to_strangers(client, centre):
    answer = client.get("/portal/")

    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/code/")
