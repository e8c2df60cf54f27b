"""The command centre's site: its dashboard, and the pages that are made of several apps."""

import allauth.account.admin  # noqa: F401  (these four register what is taken off again below)
import allauth.mfa.admin  # noqa: F401
import allauth.usersessions.admin  # noqa: F401
import django.contrib.auth.admin  # noqa: F401
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.utils import timezone
from unfold.decorators import display

from academics.models import Batch
from coaching.accounts.models import Contact
from coaching.accounts.phone import for_people
from coaching.common.admin import OfficeAdmin
from coaching.common.templatetags.spans import ago
from coaching.messaging import pauses, switches
from coaching.messaging import reports as messaging_reports
from coaching.messaging.admin.watch import open_alerts
from leads import reports as lead_reports
from leads.models import Lead
from leads.timeline import timeline
from payments.admin import rights
from payments.admin.money import cards

# Roles are the one way to give permissions; log-ins belong to the people who have them.
for model in (Group, EmailAddress, Authenticator, UserSession):
    admin.site.unregister(model)


def environment(request):
    """The badge in the corner of every page: what is stopped, and what is not the real thing."""
    stopped = pauses.stopped()
    if stopped:
        return [f"Stopped: {', '.join(channel.label for channel in stopped)}", "danger"]
    return ["Simulation", "warning"] if settings.SANDBOX else None


def dashboard(request, context):
    """Put on the first page what this person's role may see, and nothing else."""
    may = request.user.has_perm
    context |= {
        "title": "Today",
        "is_simulation": settings.SANDBOX,
        "calls_at_any_hour": settings.CALLING_ALWAYS,
        "now": timezone.now(),
    }
    if may("leads.view_lead"):
        stages, lost, binned = lead_reports.funnel()
        context |= {
            "sees_leads": True,
            "new_today": lead_reports.new_today(),
            "waiting": lead_reports.waiting_for_a_first_reply(),
            "stages": stages,
            "lost": lost,
            "binned": binned,
            "funnel_days": lead_reports.FUNNEL_DAYS,
            "newest": lead_reports.newest(),
        }
    if may("messaging.view_communicationlog"):
        context |= {
            "sees_messages": True,
            "needs": messaging_reports.needing_a_hand(
                may_release=may("messaging.release_communicationlog")
            ),
            "held": messaging_reports.held_by_reason(),
            "speeds": messaging_reports.response_times(),
            "speed_days": messaging_reports.DAYS,
        }
    if may("messaging.view_pause"):
        channels = switches.now()
        context |= {
            "switches": channels.values(),
            "all_are_off": all(switch.off for switch in channels.values()),
            "any_is_off": any(switch.off for switch in channels.values()),
            "may_switch": may("messaging.switch_channels"),
            "alerts": open_alerts(channels),
            "may_put_away": may("messaging.change_alert"),
        }
    if may(rights.SEE_MONEY):
        context["money_cards"] = cards(timezone.localdate(), timezone.now())
    if may("academics.view_batch"):
        coming = Batch.objects.open().select_related("course").order_by("starts_on", "pk")
        context |= {"sees_batches": True, "batches": coming[:6]}
    return context


@admin.register(Contact)
class ContactAdmin(OfficeAdmin):
    """A number and all that was said on it. Composed here, because it is made of several apps."""

    list_display = ["number", "language_name", "is_stopped", "last_wrote"]
    search_fields = ["phone"]
    search_help_text = "Number (its beginning)"
    ordering = ["-pk"]
    fieldsets = [("Correct the details", {"fields": ["language"], "classes": ["collapse"]})]
    change_form_outer_before_template = "admin/accounts/contact/facts.html"

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_search_results(self, request, queryset, search_term):
        return (queryset.starting(search_term) if search_term.strip() else queryset), False

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        may = request.user.has_perm
        sees_leads = may("leads.view_lead")
        context |= {
            "contact": obj,
            "events": timeline(obj, limit=500 if "all" in request.GET else 50),
            "leads": Lead.objects.filter(contact=obj).select_related("course")
            if sees_leads
            else [],
            "may_retry": may("messaging.retry_communicationlog"),
            "may_release": may("messaging.release_communicationlog"),
        }
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @display(description="Number")
    def number(self, contact):
        return for_people(contact.phone)

    @display(description="Language")
    def language_name(self, contact):
        return dict(settings.LANGUAGES).get(contact.language, contact.language)

    @display(description="Messages", label={"Stopped": "danger", "Allowed": "success"})
    def is_stopped(self, contact):
        return "Stopped" if contact.opted_out_at else "Allowed"

    @display(description="Last wrote to us")
    def last_wrote(self, contact):
        return ago(contact.last_inbound_at) if contact.last_inbound_at else "–"
