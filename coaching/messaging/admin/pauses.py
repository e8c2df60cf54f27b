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
from coaching.messaging.models import Channel, CommunicationLog, Pause, State

ALL = "all"


@admin.register(Pause)
class PauseAdmin(ReadOnlyAdmin):
    """What was stopped when, and by whom; the switches themselves are on the first page."""

    list_display = ["channel_name", "cause", "began", "by", "is_over"]
    ordering = ["-pk"]
    fields = ["channel", "cause", "since", "by", "until", "ended_at"]

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
        by = str(request.user)[:120]
        stopped = [Channel(name).label for name in channels if pauses.switch_off(name, by=by)]
        if stopped:
            messages.success(request, f"Stopped: {', '.join(stopped)}. What falls due is held.")
        else:
            messages.info(request, "It was stopped already; nothing was changed.")
        return HttpResponseRedirect(reverse("admin:index"))

    def _are_you_sure(self, request, channel, channels):
        waiting = CommunicationLog.objects.filter(state=State.PENDING, channel__in=channels)
        labels = [Channel(name).label for name in channels]
        return TemplateResponse(
            request,
            "admin/messaging/pause/stop.html",
            {
                **self.admin_site.each_context(request),
                "title": "Stop all sending" if channel == ALL else f"Stop {labels[0]}",
                "opts": self.opts,
                "labels": labels,
                "stops_codes": {Channel.WHATSAPP, Channel.EMAIL} & set(channels),
                "waiting": capped_count(waiting),
            },
        )

    def start(self, request, channel, model_admin=None):
        return _end(request, channel, pauses.switch_on, held_as="switched_off",
                    nothing=" was not stopped by hand")  # fmt: skip

    def reset_breaker(self, request, channel, model_admin=None):
        return _end(request, channel, pauses.reset_breaker, held_as="too_few_arrive",
                    nothing=": nothing had tripped")  # fmt: skip

    @display(description="Channel")
    def channel_name(self, pause):
        return pause.get_channel_display()

    @display(description="Since")
    def began(self, pause):
        return ago(pause.since)

    @display(description="Ended")
    def is_over(self, pause):
        return ago(pause.ended_at) if pause.ended_at else "not yet"


def _check(request, channel, *more):
    if not request.user.has_perm("messaging.switch_channels"):
        raise PermissionDenied
    if channel not in (*Channel.values, *more):
        raise Http404


def _end(request, channel, end, *, held_as, nothing):
    """End what holds a channel back; say what stays held as `held_as`, or that `nothing` ended."""
    _check(request, channel)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if end(channel):
        messages.success(request, _leaves_again(channel, held_as))
    else:
        messages.info(request, f"{Channel(channel).label}{nothing}; nothing was changed.")
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
