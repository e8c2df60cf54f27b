"""A running product, a real Chromium, and what every page is held to."""

import os
import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.product import chromium, running

# Playwright's sync API runs an event loop in this thread; Django must not mind.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
# Longer than the form's time trap: nobody types faster.
A_MOMENT = 0.7
# Before anything else on the page, so that no violation is missed.
LISTEN = """
window.violations = [];
document.addEventListener("securitypolicyviolation",
    (e) => window.violations.push(e.violatedDirective + " " + e.blockedURI));
"""


SMALL_TARGETS = """() => [
    ...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea, summary")
]
    .filter(e => e.checkVisibility() && e.type !== "checkbox")
    .filter(e => !e.closest(".unseen, .trap, .skip"))
    .filter(e => !(e.tagName === "A" && e.closest("p, li, h2, h3")
                   && getComputedStyle(e).display === "inline"))
    .filter(e => e.getBoundingClientRect().height < 43.5)
    .map(e => e.outerHTML.slice(0, 100))
"""


@pytest.fixture(scope="session")
def site_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="session")
def site(site_folder):
    """The base URL of a running product with the demo centre."""
    with running(site_folder) as base:
        yield base


@pytest.fixture(scope="session")
def live_site(site, site_folder):
    """The same centre as it runs for real, DEBUG off: with our own error pages."""
    real = {"DEBUG": "0", "SANDBOX": "0", "CALLING_WINDOW": "09:00-21:00"}
    with running(site_folder, is_prepared=True, **real) as base:
        yield base


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    ours = chromium()
    return {**browser_type_launch_args, **ours}


class Visitor:
    """Somebody with a browser: one context, one page, and what went wrong in it."""

    def __init__(self, browser, site, *, width=360, language="en-in", scheme="light", script=True):
        self.site = site
        self.language = language
        self.width = width
        self.complaints = []
        self.context = browser.new_context(
            viewport={"width": width, "height": 740},
            color_scheme=scheme,
            java_script_enabled=script,
        )
        self.context.add_init_script(LISTEN)
        self.page = self.context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message):
        expected = message.type == "error" and re.search(r"status of (404|422|429)", message.text)
        if message.type in ("error", "warning") and not expected:
            self.complaints.append(message.text)

    def go(self, path):
        joint = "&" if "?" in path else "?"
        return self.page.goto(f"{self.site}{path}{joint}lang={self.language}")

    def fill_in(self, **answers):
        """Fill the enquiry form as a person would, taking a moment over it."""
        given = {"name": "Asha Rao", "phone": "98765 43210", **answers}
        for name, text in given.items():
            self.page.fill(f"#id_{name}", text)
        self.page.check("#id_consent")
        time.sleep(A_MOMENT)

    def send(self):
        with self.page.expect_navigation():
            self.page.click("#enquiry-form [type=submit]")

    def is_too_wide(self):
        return self.page.evaluate("document.documentElement.scrollWidth") > self.width

    def violations(self):
        return self.page.evaluate("window.violations") + self.complaints

    def axe(self):
        """Return what axe finds with all its rules, best practices included."""
        found = Axe().run(self.page).response["violations"]
        return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]

    def small_targets(self):
        """Return controls below 44 px in height, links inside running text left out."""
        return self.page.evaluate(SMALL_TARGETS)


@pytest.fixture
def visitor(browser, site):
    """Make visitors: `visitor(width=1280, language="hi", scheme="dark", script=False)`."""
    made = []

    def make(**options):
        made.append(Visitor(browser, site, **options))
        return made[-1]

    yield make
    for one in made:
        one.context.close()
