"""The switches: stop sending on one channel or on all, start it again, and when that was done."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display

from coaching.common.admin import ReadOnlyAdmin
from coaching.common.lookups import capped_count
from coaching.common.templatetags.spans import ago
from coaching.messaging import pauses
from coaching.messaging.diff import NOUNS
from coaching.messaging.models import Channel, CommunicationLog, Pause, State

ALL = "all"


@admin.register(Pause)
class PauseAdmin(ReadOnlyAdmin):
    """What was stopped when, and by whom; the switches themselves are on the first page."""

    empty_text = "A channel that you stop, or that stops by itself, is listed here with the reason."
    list_display = ["channel_name", "cause", "began", "stopped_by", "is_over"]
    ordering = ["-pk"]
    fields = ["channel", "cause", "since", "by", "until", "ended_at", "ended_by"]

    def get_custom_urls(self):
        return (
            ("<slug:channel>/stop/", "messaging_pause_stop", self.stop),
            ("<slug:channel>/start/", "messaging_pause_start", self.start),
            ("<slug:channel>/breaker/", "messaging_pause_breaker", self.reset_breaker),
        )

    def stop(self, request, channel, model_admin=None):
        """Ask first, then stop one channel or all."""
        _check(request, channel, ALL)
        channels = Channel.values if channel == ALL else [channel]
        if request.method != "POST":
            return self._are_you_sure(request, channel, channels)
        stopped = [
            Channel(name).label for name in channels if pauses.switch_off(name, by=_name(request))
        ]
        if stopped:
            messages.success(request, f"Stopped: {', '.join(stopped)}. What falls due is held.")
        else:
            messages.info(request, "It was stopped already; nothing was changed.")
        return HttpResponseRedirect(reverse("admin:index"))

    def _are_you_sure(self, request, channel, channels):
        waiting = CommunicationLog.objects.filter(state=State.PENDING, channel__in=channels)
        things = [f"{NOUNS[name]}s" for name in channels]
        return TemplateResponse(
            request,
            "admin/messaging/pause/stop.html",
            {
                **self.admin_site.each_context(request),
                "title": "Stop all sending" if channel == ALL else f"Stop {things[0]}",
                "opts": self.opts,
                "things": things,
                "stops_codes": {Channel.WHATSAPP, Channel.EMAIL} & set(channels),
                "waiting": capped_count(waiting),
            },
        )

    def start(self, request, channel, model_admin=None):
        """Start one channel that was stopped by hand, or all of them."""
        _check(request, channel, ALL)
        return _end(request, channel, pauses.switch_on, held_as="switched_off",
                    nothing=" was not stopped by hand")  # fmt: skip

    def reset_breaker(self, request, channel, model_admin=None):
        _check(request, channel)
        return _end(request, channel, pauses.reset_breaker, held_as="too_few_arrive",
                    nothing=": nothing had tripped")  # fmt: skip

    @display(description="Channel")
    def channel_name(self, pause):
        return pause.get_channel_display()

    @display(description="Since")
    def began(self, pause):
        return ago(pause.since)

    @display(description="Stopped by")
    def stopped_by(self, pause):
        return pause.by or "itself"

    @display(description="Ended")
    def is_over(self, pause):
        if not pause.ended_at:
            return "not yet"
        return f"{ago(pause.ended_at)}, by {pause.ended_by or 'itself'}"


def _name(request):
    return str(request.user)[:120]


def _check(request, channel, *more):
    if not request.user.has_perm("messaging.switch_channels"):
        raise PermissionDenied
    if channel not in (*Channel.values, *more):
        raise Http404


def _end(request, channel, end, *, held_as, nothing):
    """End what holds a channel (or ALL) back; say what stays held as `held_as`, or that `nothing`
    ended."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    ended = [
        name
        for name in (Channel.values if channel == ALL else [channel])
        if end(name, by=_name(request))
    ]
    for name in ended:
        messages.success(request, _leaves_again(name, held_as))
    if not ended:
        label = "Sending" if channel == ALL else Channel(channel).label
        messages.info(request, f"{label}{nothing}; nothing was changed.")
    return HttpResponseRedirect(reverse("admin:index"))


def _leaves_again(channel, reason):
    """Return what is said after a start: what was held for `reason` does not leave by itself."""
    label = Channel(channel).label
    held = capped_count(
        CommunicationLog.objects.filter(state=State.HELD, channel=channel, reason=reason)
    )
    if not held:
        return f"{label} leaves again."
    page = reverse("admin:messaging_communicationlog_changelist")
    return format_html(
        '{} leaves again. What was held meanwhile stays held: <a class="underline" '
        'href="{}?held={}&amp;channel__exact={}">{} to look at</a>.',
        label, page, reason, channel, held,
    )  # fmt: skip
