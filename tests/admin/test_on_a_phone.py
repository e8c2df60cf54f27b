"""Lists and their header where Unfold leaves them unreadable: on a phone, and in the dark."""

from datetime import timedelta

import pytest
from django.utils import timezone

from coaching.centre.models import Holiday
from coaching.messaging.models import WhatsAppTemplate
from tests.admin.conftest import log_in, settle

pytestmark = pytest.mark.browser

# The steps of the path, and the cells of a list, of which something is cut off.
CUT = """
(selector) => [...document.querySelectorAll(selector)].filter(e => e.checkVisibility())
    .filter(e => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)
    .map(e => e.innerText)
"""
STEPS, CELLS = ".desk-crumbs > *", "#result_list [data-label]"
# Axe leaves single letters out. Colours are painted first: their names are of many kinds.
CONTRAST = """
([text, ground]) => {
    const pen = Object.assign(document.createElement("canvas"), {width: 1, height: 1})
        .getContext("2d");
    const light = (colour) => {
        pen.fillStyle = colour;
        pen.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data]
            .map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
    };
    const style = (selector) => getComputedStyle(document.querySelector(selector));
    const pair = [light(style(text).color), light(style(ground).backgroundColor)];
    return Math.max(...pair) / Math.min(...pair);
}
"""
LISTS = {
    "messaging/whatsapptemplate": "WhatsApp templates", "messaging/pause": "Earlier stops",
    "messaging/providerdiff": "Daily comparisons", "messaging/alert": "Notices",
    "accounts/consent": "Consents", "centre/policy": "Policies",
}  # fmt: skip


@pytest.fixture
def template(centre):
    return WhatsAppTemplate.objects.create(
        message="login_code", language="hi", content_sid="HX" + "5" * 32, wording="…"
    )


def test_a_phone_shows_where_one_is_and_cuts_no_cell_of_a_list(open_page, trouble, template):
    page, _ = open_page(360)
    log_in(page, "owner@example.com")
    found = {}

    for address in LISTS:
        page.goto(f"/admin/{address}/")
        settle(page)
        found[address] = page.inner_text("h1"), page.evaluate(CUT, f"{STEPS}, {CELLS}")

    assert found == {address: (title, []) for address, title in LISTS.items()}


def test_control_without_our_styles_a_phone_cuts_both(open_page, template):
    page, _ = open_page(360)
    page.route("**/admin_extra/desk.css*", lambda route: route.abort())
    log_in(page, "owner@example.com")

    page.goto("/admin/messaging/whatsapptemplate/")
    settle(page)

    assert page.evaluate(CUT, STEPS) != []
    assert page.evaluate(CUT, CELLS) != []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_a_list_that_one_is_on_can_be_read(open_page, scheme):
    days = [timezone.localdate() + timedelta(days=n) for n in range(51)]
    Holiday.objects.bulk_create(Holiday(date=day, name="Holiday") for day in days)
    page, _ = open_page(1280, scheme)
    log_in(page, "owner@example.com")

    page.goto("/admin/centre/holiday/")
    settle(page)

    assert page.inner_text("[aria-current=page]") == "1"
    assert page.evaluate(CONTRAST, ["[aria-current=page]", "#main"]) >= 4.5


@pytest.mark.parametrize("width", [360, 1280])
def test_limits_and_budgets_open_where_they_are(open_page, width):
    page, _ = open_page(width)
    log_in(page, "owner@example.com")

    page.click("a:has-text('Limits and budgets')")
    page.wait_for_url("**/profile/**#limits")
    settle(page)

    heading = page.get_by_role("heading", name="Limits and budgets").bounding_box()
    assert 0 <= heading["y"] <= 400
