"""The command centre and the log-in pages in Chromium: no CSP violation, nothing too wide."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from coaching.accounts.models import Contact
from coaching.messaging.models import CommunicationLog, Pause
from leads.models import Lead
from tests.admin.conftest import log_in, settle

pytestmark = pytest.mark.browser
# The switches, and what is held: looked at when there is something to see (`trouble`).
OURS = [
    "/admin/messaging/pause/all/stop/",
    "/admin/messaging/communicationlog/release/?state__exact=held",
    "/admin/messaging/communicationlog/cancel/?state__exact=held",
    "/admin/messaging/communicationlog/?held=suspected_bot",
    "/admin/leads/lead/?held=any",
    "/admin/leads/lead/bin/?held=any",
    "/admin/leads/lead/?status__exact=junk",
    "/admin/messaging/providerdiff/",
]
UNFOLDS = ["/admin/messaging/pause/", "/admin/messaging/alert/"]
BORDERLESS = """
() => [...document.querySelectorAll("#content :is(input[type=text], input[type=email], textarea)")]
    .filter(e => e.checkVisibility() && [e, e.parentElement].every(
        (box) => getComputedStyle(box).borderTopWidth === "0px"))
    .map(e => e.name)
"""


def faults(page, width):
    settle(page)
    too_wide = page.evaluate("document.documentElement.scrollWidth") > width
    return page.evaluate("window.violations") + (["too wide"] if too_wide else [])


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_the_command_centre_breaks_no_rule(open_page, trouble, width, scheme):
    page, complaints = open_page(width, scheme)
    log_in(page, "owner@example.com")
    lead = Lead.objects.get(name="Sandeep Meshram")
    addresses = [
        "/admin/", "/admin/leads/lead/", reverse("admin:leads_lead_change", args=[lead.pk]),
        "/admin/leads/lead/add/", "/admin/messaging/communicationlog/?state__exact=held",
        "/admin/messaging/whatsapptemplate/", "/admin/academics/course/add/",
        "/admin/academics/batch/add/", "/admin/centre/profile/", "/admin/accounts/user/add/",
        reverse("admin:accounts_contact_change", args=[lead.contact_id]),
        *OURS, *UNFOLDS,
    ]  # fmt: skip

    found = {}
    for address in addresses:
        page.goto(address)
        found[address] = faults(page, width)

    assert found == dict.fromkeys(addresses, [])
    assert complaints == []


def test_our_own_part_of_the_command_centre_is_accessible(open_page, trouble):
    lead = Lead.objects.get(name="Sandeep Meshram")
    wrong = []
    held = CommunicationLog.objects.filter(state="held").first().contact.leads.first()
    people = [reverse("admin:leads_lead_change", args=[person.pk]) for person in (lead, held)]
    for width, scheme in ((360, "light"), (1280, "dark")):
        page, _ = open_page(width, scheme)
        log_in(page, "owner@example.com")
        for address in ("/admin/", *people, *OURS):
            page.goto(address)
            settle(page)
            found = Axe().run(page, context={"include": [[".desk"]]}).response["violations"]
            wrong += [f"{scheme} {address} {r['id']}: {n['html'][:90]}"
                      for r in found for n in r["nodes"]]  # fmt: skip

    assert wrong == []


def test_no_field_of_a_form_is_invisible(open_page):
    page, _ = open_page(1280)
    log_in(page, "owner@example.com")

    for model in ("accounts/user", "leads/lead", "academics/course", "messaging/whatsapptemplate"):
        page.goto(f"/admin/{model}/add/")
        borderless = page.evaluate(BORDERLESS)
        assert borderless == [], model


def test_staff_work_an_enquiry_by_mouse(open_page):
    page, complaints = open_page(1280)
    log_in(page, "counsellor@example.com")

    page.click("text=Ayesha Khan")
    page.click("button:has-text('Mark contacted')")
    page.wait_for_selector("text=Ayesha Khan is marked contacted.")

    assert Lead.objects.get(name="Ayesha Khan").status == "contacted"
    assert complaints == []


def test_the_owner_stops_and_starts_sending_by_keyboard(open_page):
    page, complaints = open_page(360)
    log_in(page, "owner@example.com")

    page.focus("text=Stop all sending…")
    page.keyboard.press("Enter")
    page.wait_for_url("**/all/stop/")
    page.focus("button:has-text('Stop all sending')")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Stopped: WhatsApp, E-mail, Call.")
    all_stopped = Pause.objects.filter(ended_at=None).count()
    page.get_by_role("button", name="Start WhatsApp").press("Enter")
    page.wait_for_selector("text=WhatsApp leaves again.")

    assert all_stopped == 3
    assert Pause.objects.filter(ended_at=None, channel="whatsapp").count() == 0
    assert complaints == []


def test_the_owner_releases_what_a_filter_shows_by_mouse(open_page):
    page, complaints = open_page(1280)
    log_in(page, "owner@example.com")

    page.click("text=filled in by a program")
    page.click("text=Release…")
    page.click("button:has-text('Release 3 messages')")
    page.wait_for_selector("text=3 messages released.")

    assert not CommunicationLog.objects.filter(reason="suspected_bot").exists()
    assert complaints == []


def test_the_owner_bins_what_a_filter_shows_and_takes_it_back_by_mouse(open_page):
    page, complaints = open_page(360)
    log_in(page, "owner@example.com")

    page.goto("/admin/leads/lead/?held=suspected_bot")
    page.click("text=Bin them all…")
    page.click("button:has-text('Bin 1 enquiry')")
    page.wait_for_selector("text=1 enquiry binned.")
    binned = Lead.objects.filter(status="junk").count()
    page.click("text=Undo…")
    page.click("text=Take them all back…")
    page.click("button:has-text('Take 1 enquiry back')")
    page.wait_for_selector("text=1 enquiry taken back.")

    assert binned == 1 and not Lead.objects.filter(status="junk").exists()
    assert complaints == []


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark"), (360, "light")])
def test_the_log_in_pages_are_accessible_and_break_no_rule(open_page, width, scheme):
    page, complaints = open_page(width, scheme)
    addresses = ["/accounts/login/", "/accounts/login/code/", "/accounts/password/reset/",
                 "/accounts/signup/", "/accounts/login/code/?lang=hi"]  # fmt: skip
    found = {}
    for address in addresses:
        page.goto(address)
        axe = Axe().run(page).response["violations"]
        found[address] = faults(page, width) + [rule["id"] for rule in axe]

    assert found == dict.fromkeys(addresses, [])
    assert complaints == []


def test_a_family_logs_in_without_javascript(browser, site):
    from coaching.accounts.models import User

    contact = Contact.objects.get(phone="+919811111111")
    User.objects.create_user(name="Riya Patil", contact=contact).set_role("student")
    context = browser.new_context(java_script_enabled=False, base_url=site)
    page = context.new_page()

    page.goto("/accounts/login/code/")
    page.fill("#id_login", "98111 11111")
    page.click("main form button[type=submit]")
    page.fill("#id_code", CommunicationLog.objects.get(purpose="login_code").context["code"])
    page.click("button:has-text('Log in')")
    page.click("button:has-text('Riya Patil')")

    assert page.url == f"{site}/portal/"
    assert "Namaste Riya" in page.inner_text("h1")
    context.close()
