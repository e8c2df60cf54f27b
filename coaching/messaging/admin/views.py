"""Releasing held messages and trying failed ones again: seen first, then posted."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from coaching.centre.models import Profile
from coaching.common.admin import safe_next
from coaching.common.templatetags.spans import at
from coaching.messaging import gates, reasons, switches
from coaching.messaging.catalogue import CATALOGUE, WordingBroken, email_of, text_of
from coaching.messaging.models import Channel, CommunicationLog, State
from coaching.messaging.services import release, retry

ACTS = {
    "release": (release, State.HELD, "Release", "It is on its way."),
    "retry": (retry, State.FAILED, "Send again", "It is tried again now."),
}


def words(log):
    """Return the text as it will be sent, or a sentence that says why it is not shown."""
    message = CATALOGUE.get(log.purpose)
    if message is None or message.secret:
        return "The words are private: only the person sees them."
    try:
        if log.channel == Channel.EMAIL:
            subject, text, _ = email_of(log, {"unsubscribe_url": "(link to stop)", "site_url": ""})
            return f"{subject}\n\n{text}"
        return log.body or text_of(log)
    except (WordingBroken, LookupError):
        return log.body or reasons.explain("wording_broken")


def why_not(log, act):
    """Return the sentence that refuses `act`, or ''. The gates ask again when it is sent."""
    _, state, label, _ = ACTS[act]
    if log.state != state:
        return f"It is “{log.get_state_display()}” now, so there is nothing to do."
    message = CATALOGUE.get(log.purpose)
    if message is None:
        return "The catalogue no longer has this message."
    if message.secret and act == "retry":
        return "A code or a link runs out after minutes. Ask the person to request a new one."
    stop = gates.why_not_now(log, Profile.current())
    if stop and stop.state != State.PENDING:
        return reasons.explain(stop.reason)
    switch = switches.now()[log.channel]
    if not stop and switch.is_spent:
        when = switch.room_again_at()
        return f"{switch.label}: the budget is spent. Do it {at(when)} or later, or raise it."
    return ""


class MessageViews:
    """Mixed into the message's admin: one confirmation page per act, one POST that does it."""

    def get_custom_urls(self):
        return tuple(
            (f"<uuid:pk>/{act}/", f"messaging_communicationlog_{act}", self._acting(act))
            for act in ACTS
        )

    def has_release_permission(self, request, obj=None):
        return request.user.has_perm("messaging.release_communicationlog")

    def has_retry_permission(self, request, obj=None):
        return request.user.has_perm("messaging.retry_communicationlog")

    def _acting(self, act):
        do, _, label, done = ACTS[act]

        def view(request, pk, model_admin=None):
            if not getattr(self, f"has_{act}_permission")(request):
                raise PermissionDenied
            log = get_object_or_404(CommunicationLog.objects.for_sending(), pk=pk)
            back = safe_next(
                request, reverse("admin:messaging_communicationlog_change", args=[log.pk])
            )
            refusal = why_not(log, act)
            if request.method != "POST":
                return self._confirmation(request, log, label, refusal, back)
            if refusal:
                messages.error(request, f"Not sent. {refusal}")
            elif do(log):
                messages.success(request, done)
            else:
                messages.info(request, "Somebody else was first; nothing was sent twice.")
            return HttpResponseRedirect(back)

        return view

    def _confirmation(self, request, log, label, refusal, back):
        return TemplateResponse(
            request,
            "admin/messaging/communicationlog/confirm.html",
            {
                **self.admin_site.each_context(request),
                "title": label,
                "opts": self.model._meta,
                "log": log,
                "label": label,
                "refusal": refusal,
                "words": words(log),
                "back": back,
            },
        )
