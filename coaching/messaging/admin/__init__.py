"""Messages and WhatsApp templates in the command centre."""

from django.conf import settings
from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from coaching.accounts.phone import for_people
from coaching.common.admin import OfficeAdmin, ReadOnlyAdmin
from coaching.common.lookups import starts_with
from coaching.common.templatetags.spans import ago
from coaching.messaging import reasons
from coaching.messaging.admin import pauses, watch  # noqa: F401  (they register themselves)
from coaching.messaging.admin.bulk import BulkViews
from coaching.messaging.admin.filters import HeldFilter, PurposeFilter, WhenFilter
from coaching.messaging.admin.forms import TemplateForm, needed
from coaching.messaging.admin.views import MessageViews, why_not, words
from coaching.messaging.catalogue import CATALOGUE
from coaching.messaging.models import Channel, CommunicationLog, State, WhatsAppTemplate
from coaching.messaging.reports import HELD_BECAUSE

BADGES = {
    "Held": "warning", "Being checked": "warning", "Failed": "danger", "Delivered": "success",
    "Read": "success", "Answered": "success", "Sent": "info", "Received": "primary",
}  # fmt: skip
LANGUAGES = dict(settings.LANGUAGES)


@admin.register(CommunicationLog)
class CommunicationLogAdmin(BulkViews, MessageViews, ReadOnlyAdmin):
    list_display = ["what", "to_whom", "state_badge", "why", "age"]
    list_filter = [
        ("state", ChoicesDropdownFilter), HeldFilter, ("channel", ChoicesDropdownFilter),
        PurposeFilter, WhenFilter,
    ]  # fmt: skip
    search_fields = ["recipient"]
    search_help_text = "Number or e-mail (its beginning)"
    ordering = ["-pk"]  # ids are in time order
    actions = ["release_selected", "cancel_selected"]
    list_before_template = "admin/messaging/held_before.html"
    change_form_outer_before_template = "admin/messaging/communicationlog/facts.html"

    def get_fieldsets(self, request, obj=None):
        """None of the row's own fields: `context` may hold a code. The facts say what is said."""
        return [(None, {"fields": []})]

    def get_list_display(self, request):
        """Without the reason where the list is of one reason: it is said once, above."""
        said_above = request.GET.get("held") in HELD_BECAUSE
        return [name for name in self.list_display if name != "why" or not said_above]

    def changelist_view(self, request, extra_context=None):
        held = request.GET.get("held", "")
        context = {"held_reason": reasons.explain(held) if held in HELD_BECAUSE else ""}
        if held and request.user.has_perm("leads.view_lead"):
            enquiries = reverse("admin:leads_lead_changelist")
            context["who_url"] = f"{enquiries}?{urlencode({'held': held})}"
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def get_search_results(self, request, queryset, search_term):
        from coaching.accounts.models import Contact

        term = search_term.strip()
        if "@" in term:
            begins = starts_with("recipient", term.lower())
            return queryset.filter(begins, channel=Channel.EMAIL), False
        if any(c.isdigit() for c in term):
            return queryset.filter(contact__in=Contact.objects.starting(term)), False
        return queryset.none() if term else queryset, False

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        act = {State.HELD: "release", State.FAILED: "retry"}.get(obj.state)
        allowed = act and getattr(self, f"has_{act}_permission")(request)
        refusal = ""
        if allowed:  # only now: each row of the list would look its consents up as well
            refusal = why_not(CommunicationLog.objects.for_sending().get(pk=obj.pk), act)
        context |= {
            "log": obj,
            "words": words(obj),
            "badge": BADGES.get(obj.get_state_display(), ""),
            "receipts": obj.receipts.all(),
            "act": act if allowed else "",
            "refusal": refusal,
        }
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @display(description="Message")
    def what(self, log):
        is_inbound = log.direction == CommunicationLog.Direction.IN
        return format_html(
            '<strong>{}</strong><br><span class="desk-quiet">{}</span>',
            "They wrote" if is_inbound else log.purpose.replace("_", " ").capitalize(),
            log.get_channel_display(),
        )

    @display(description="Person")
    def to_whom(self, log):
        where = log.recipient if log.channel == Channel.EMAIL else for_people(log.recipient)
        message = CATALOGUE.get(log.purpose)
        name = "" if message is None or message.secret else log.context.get("name", "")
        if not name:
            return where
        return format_html('<strong>{}</strong><br><span class="desk-quiet">{}</span>', name, where)

    @display(description="State", label=BADGES)
    def state_badge(self, log):
        return log.get_state_display()

    @display(description="Why, and what to do")
    def why(self, log):
        return (
            format_html('<span class="desk-wrap">{}</span>', log.explanation) if log.reason else ""
        )

    @display(description="Asked for")
    def age(self, log):
        return ago(log.created_at)


@admin.register(WhatsAppTemplate)
class WhatsAppTemplateAdmin(OfficeAdmin):
    list_display = ["message_name", "language_name", "content_sid", "updated_at"]
    form = TemplateForm
    list_before_template = "admin/messaging/whatsapptemplate/how.html"

    def has_delete_permission(self, request, obj=None):
        return False

    def changelist_view(self, request, extra_context=None):
        have = set(WhatsAppTemplate.objects.values_list("message", "language"))
        rows = [
            {
                "title": name.replace("_", " ").capitalize(),
                "language_name": LANGUAGES.get(language, language),
                "wording": text,
                "is_there": (name, language) in have,
            }
            for name, language, text in needed()
        ]
        return super().changelist_view(request, {"needed": rows, **(extra_context or {})})

    @display(description="Message")
    def message_name(self, template):
        return template.message.replace("_", " ").capitalize()

    @display(description="Language")
    def language_name(self, template):
        return LANGUAGES.get(template.language, template.language)
