"""How the command centre looks and what its side bar offers: Unfold's settings.

The palette (Ctrl-K) stays off: it would keep names and numbers in the cache and show new
enquiries five minutes late. The dashboard's own search box finds them at once.
"""

from django.templatetags.static import static
from django.urls import reverse_lazy


def _page(title, icon, url_name, permission):
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{url_name}"),
        "permission": lambda request: request.user.has_perm(permission),
    }


def _exactly(item):
    """Its address begins other pages' addresses: it is the open one only on its own."""
    return {**item, "active": lambda request: request.path == str(item["link"])}


UNFOLD = {
    "SITE_TITLE": "Command centre",
    "SITE_HEADER": "Command centre",
    "SITE_SYMBOL": "school",
    "SITE_URL": "/",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": True,
    "ENVIRONMENT": "coaching.admin.environment",
    "DASHBOARD_CALLBACK": "coaching.admin.dashboard",
    "STYLES": [
        lambda request: static("admin_extra/desk.css"),
        lambda request: static("admin_extra/money.css"),
    ],
    "ACCOUNT": {
        "navigation": [
            {"title": "Password", "link": reverse_lazy("account_change_password")},
            {"title": "Two-step log-in", "link": reverse_lazy("mfa_index")},
            {"title": "Devices logged in", "link": reverse_lazy("usersessions_list")},
        ]
    },
    "COLORS": {
        "primary": {
            "50": "oklch(97.5% .02 186)",
            "100": "oklch(94% .045 186)",
            "200": "oklch(88.5% .075 186)",
            "300": "oklch(81% .1 186)",
            "400": "oklch(71% .11 187)",
            "500": "oklch(60% .1 187)",
            "600": "oklch(50% .085 188)",
            "700": "oklch(43% .072 189)",
            "800": "oklch(37.5% .06 190)",
            "900": "oklch(33% .05 191)",
            "950": "oklch(24% .04 192)",
        }
    },
    "COMMAND": {"search_models": False, "show_history": False},
    "SIDEBAR": {
        "show_search": False,
        "command_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "items": [
                    {"title": "Today", "icon": "space_dashboard",
                     "link": reverse_lazy("admin:index")},
                    _page("Enquiries", "person_add", "leads_lead_changelist", "leads.view_lead"),
                    _page("Messages", "forum", "messaging_communicationlog_changelist",
                          "messaging.view_communicationlog"),
                    _page("People by number", "contacts", "accounts_contact_changelist",
                          "accounts.view_contact"),
                ]
            },
            {
                "title": "Teaching",
                "separator": True,
                "items": [
                    _page("Courses", "menu_book", "academics_course_changelist",
                          "academics.view_course"),
                    _page("Batches", "calendar_month", "academics_batch_changelist",
                          "academics.view_batch"),
                    _page("Enrolments", "how_to_reg", "academics_enrollment_changelist",
                          "academics.view_enrollment"),
                    _page("Waiting lists", "hourglass_top", "academics_waitingplace_changelist",
                          "academics.view_waitingplace"),
                ],
            },
            {
                "title": "Money",
                "separator": True,
                "items": [
                    _page("Revenue and dues", "account_balance", "payments_money",
                          "payments.view_refund"),
                    _exactly(_page("Fees", "request_quote", "payments_order_changelist",
                                   "payments.view_order")),
                    _page("Payments", "payments", "payments_payment_changelist",
                          "payments.view_payment"),
                    _page("Refunds", "undo", "payments_refund_changelist",
                          "payments.view_refund"),
                    _page("Receipts", "receipt_long", "payments_receipt_changelist",
                          "payments.view_receipt"),
                    _page("Coupons", "sell", "payments_coupon_changelist", "payments.view_coupon"),
                    _page("Reconciliation", "balance", "payments_reconciliation",
                          "payments.view_refund"),
                    _page("PhonePe's notices", "webhook", "payments_gatewayevent_changelist",
                          "payments.view_gatewayevent"),
                ],
            },
            {
                "title": "The centre",
                "separator": True,
                "items": [
                    _page("Centre's profile", "storefront", "centre_profile_changelist",
                          "centre.view_profile"),
                    _page("Policies", "gavel", "centre_policy_changelist", "centre.view_policy"),
                    _page("Holidays", "beach_access", "centre_holiday_changelist",
                          "centre.view_holiday"),
                    _page("WhatsApp templates", "description",
                          "messaging_whatsapptemplate_changelist",
                          "messaging.view_whatsapptemplate"),
                    _page("Consents", "verified_user", "accounts_consent_changelist",
                          "accounts.view_consent"),
                    _page("Notices", "notifications", "messaging_alert_changelist",
                          "messaging.view_alert"),
                    _page("Earlier stops", "pause_circle", "messaging_pause_changelist",
                          "messaging.view_pause"),
                    _page("Daily comparisons", "compare_arrows",
                          "messaging_providerdiff_changelist", "messaging.view_providerdiff"),
                    _page("Logins and roles", "group", "accounts_user_changelist",
                          "accounts.view_user"),
                ],
            },
        ],
    },
}  # fmt: skip
