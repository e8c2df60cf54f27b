"""What the owner must know: open notices, and the daily comparison with the providers."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from unfold.decorators import display

from coaching.common.admin import ReadOnlyAdmin
from coaching.common.templatetags.spans import ago, at
from coaching.messaging import alerts, reports, switches
from coaching.messaging.models import Alert, Channel, ProviderDiff

OPEN_AT_ONCE = 20


def still_true(alert, channels):
    """Return why this notice stays although it was seen, or '' when it may go.

    A notice of something that is still so would only come back, with another mail. `channels` are
    `switches.now()`.
    """
    about, _, rest = alert.key.partition(":")
    switch = channels.get(rest.partition(":")[0])
    if about == "refused" and switch and switch.refused:
        return "It goes by itself once the provider accepts our keys."
    if about == "breaker" and switch and switch.broken:
        return "It goes by itself after the hour, or when you let those messages leave again."
    if about == "budget" and switch and switch.is_spent:
        return f"It goes by itself {at(switch.room_again_at())}; or raise the budget."
    if about == "flood" and reports.like_a_program()[0] >= reports.A_FLOOD:
        return "It goes by itself once you have looked at them."
    return ""


# What a notice's key is about: (words, page, query) of where the matter is seen to.
STEPS = {
    "flood": ("Look at them", "leads_lead", "?held=program"),
    "budget": ("Limits and budgets", "centre_profile", "#limits"),
    "breaker": ("See what is held", "messaging_communicationlog", "?held=too_few_arrive"),
    "refused": ("See what waits", "messaging_communicationlog", "?state__exact=pending"),
    "diff": ("See the comparison", "messaging_providerdiff", ""),
    "payment": ("Look at the payment", "payments_payment", "?look=any"),
    "refund": ("Look at the refund", "payments_refund", "?look=any"),
    "phonepe": ("See what waits", "payments_payment", "?look=any"),
}


def next_step(alert):
    """Return the words and the address of the page where this matter is seen to, or None."""
    step = STEPS.get(alert.key.partition(":")[0])
    if step is None:
        return None
    label, page, query = step
    return label, reverse(f"admin:{page}_changelist") + query


def open_alerts(channels):
    """Return the newest open alerts, each with `stays`: why it cannot be put away yet, or '', and
    its `step`."""
    found = list(Alert.objects.filter(closed_at=None)[:OPEN_AT_ONCE])
    for alert in found:
        alert.stays, alert.step = still_true(alert, channels), next_step(alert)
    return found


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    empty_text = (
        "What you must know appears here: a budget is spent, a provider refuses our keys, too few "
        "messages arrive."
    )
    list_display = ["raised", "what", "put_away"]
    ordering = ["-pk"]
    fields = ["text", "created_at", "told_at", "closed_at"]

    def get_custom_urls(self):
        return (("<int:pk>/seen/", "messaging_alert_seen", self.seen),)

    def seen(self, request, pk, model_admin=None):
        if not request.user.has_perm("messaging.change_alert"):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        alert = get_object_or_404(Alert, pk=pk)
        stays = still_true(alert, switches.now())
        if alert.closed_at:
            messages.info(request, "It was put away already.")
        elif stays:
            messages.info(request, f"It is still so. {stays}")
        else:
            alerts.close(alert.key)
            messages.success(request, "Put away. It is still listed under Notices.")
        return HttpResponseRedirect(reverse("admin:index"))

    @display(description="Notice")
    def what(self, alert):
        return format_html('<span class="desk-wrap">{}</span>', alert.text)

    @display(description="Raised")
    def raised(self, alert):
        return ago(alert.created_at)

    @display(description="Settled, or put away")
    def put_away(self, alert):
        return ago(alert.closed_at) if alert.closed_at else "not yet"


@admin.register(ProviderDiff)
class ProviderDiffAdmin(ReadOnlyAdmin):
    """A list for the eye, and a page with every id of one day."""

    empty_text = "Each morning at 5:10 the day before is compared, and appears here."
    list_display = ["day", "channel_name", "counts", "verdict", "meaning"]
    ordering = ["-day", "channel", "pk"]
    list_before_template = "admin/messaging/providerdiff/what.html"
    fields = ["day", "channel_name", "counts", "meaning", "each_twice", "each_lacking",
              "compared_at"]  # fmt: skip
    readonly_fields = ["channel_name", "counts", "meaning", "each_twice", "each_lacking"]

    @display(description="Channel")
    def channel_name(self, diff):
        return diff.get_channel_display()

    @display(
        description="Result",
        label={"Agrees": "success", "Once each": "success", "Differs": "danger"},
    )
    def verdict(self, diff):
        if not diff.is_clean:
            return "Differs"
        is_mail = diff.channel == Channel.EMAIL  # nobody has a list to agree with
        return "Once each" if is_mail and diff.provider_count else "Agrees"

    @display(description="How many")
    def counts(self, diff):
        ours = f"Sent by us:\xa0{diff.our_count:,}"
        if diff.channel == Channel.EMAIL:  # nobody else has counted them
            return ours
        return f"{ours} · Provider\xa0has:\xa0{diff.provider_count:,}"

    @display(description="What it means")
    def meaning(self, diff):
        return format_html('<span class="desk-wrap">{}</span>', diff.meaning)

    @display(description="Perhaps sent twice")
    def each_twice(self, diff):
        return _each(diff.unclaimed)

    @display(description="Unknown to the provider")
    def each_lacking(self, diff):
        return _each(diff.missing)


def _each(entries):
    """Return one line for each entry of `diff`: its id, whom it went to, when, and our message."""
    return format_html_join("", "<div>{}</div>", ((_line(entry),) for entry in entries)) or "none"


def _line(entry):
    to = f"to …{entry['to']}, " if entry["to"] else ""
    at = timezone.localtime(parse_datetime(entry["at"]))
    line = f"{entry['sid']} {to}{at:%d %b, %I:%M:%S %p}"
    if not entry["log"]:
        return f"{line}, no message of ours"
    page = reverse("admin:messaging_communicationlog_change", args=[entry["log"]])
    return format_html('{}, <a class="underline" href="{}">our message</a>', line, page)
