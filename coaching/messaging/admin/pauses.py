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
        acts = ("stop", "start", "breaker")
        return tuple(
            (f"<slug:channel>/{act}/", f"messaging_pause_{act}", self._switching(act))
            for act in acts
        )

    def _switching(self, act):
        do = getattr(self, f"do_{act}")

        def view(request, channel, model_admin=None):
            if not request.user.has_perm("messaging.switch_channels"):
                raise PermissionDenied
            if channel not in Channel.values and (act, channel) != ("stop", ALL):
                raise Http404
            if request.method == "POST":
                do(request, channel)
                return HttpResponseRedirect(reverse("admin:index"))
            if act == "stop":
                return self._confirmation(request, channel)
            return HttpResponseNotAllowed(["POST"])

        return view

    def _confirmation(self, request, channel):
        channels = _channels(channel)
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

    def do_stop(self, request, channel):
        stopped = [
            Channel(name).label for name in _channels(channel)
            if pauses.switch_off(name, by=str(request.user)[:120])
        ]  # fmt: skip
        if stopped:
            messages.success(request, f"Stopped: {', '.join(stopped)}. What falls due is held.")
        else:
            messages.info(request, "It was stopped already; nothing was changed.")

    def do_start(self, request, channel):
        label = Channel(channel).label
        if not pauses.switch_on(channel):
            messages.info(request, f"{label} was not stopped by hand; nothing was changed.")
            return
        messages.success(request, _leaves_again(channel, "switched_off"))

    def do_breaker(self, request, channel):
        label = Channel(channel).label
        if not pauses.reset_breaker(channel):
            messages.info(request, f"{label}: nothing had tripped; nothing was changed.")
            return
        messages.success(request, _leaves_again(channel, "too_few_arrive"))

    @display(description="Channel")
    def channel_name(self, pause):
        return pause.get_channel_display()

    @display(description="Since")
    def began(self, pause):
        return ago(pause.since)

    @display(description="Ended")
    def is_over(self, pause):
        return ago(pause.ended_at) if pause.ended_at else "not yet"


def _channels(channel):
    return Channel.values if channel == ALL else [channel]


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
