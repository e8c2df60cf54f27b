"""Every address of the product."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path

from coaching import health, portal
from coaching.api import api
from coaching.login.views import home_after_login
from coaching.messaging import views as messaging_views
from coaching.messaging import webhooks
from leads import seo
from leads import views as leads
from leads.checkout import checkout
from payments.webhooks import phonepe_webhook

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)
handler429 = "coaching.login.views.too_often"  # allauth asks for it

urlpatterns = [
    path("", leads.landing, name="landing"),
    path("courses/<slug:slug>/", leads.course, name="course"),
    path("enquiries/", leads.enquiries, name="enquiries"),
    path("enquiries/<str:token>/", leads.thanks, name="enquiry_thanks"),
    path("privacy/", leads.privacy, name="privacy"),
    path("unsubscribe/<str:token>/", messaging_views.unsubscribe, name="unsubscribe"),
    path("robots.txt", seo.robots, name="robots"),
    path("sitemap.xml", sitemap, {"sitemaps": seo.SITEMAPS}, name="sitemap"),
    path("home/", home_after_login, name="home_after_login"),
    path("accounts/", include("coaching.login.urls")),
    path("_allauth/", include("allauth.headless.urls")),
    path("admin/", admin.site.urls),
    path("portal/", portal.home, name="portal"),
    path("payments/checkout/<str:code>/", checkout, name="checkout"),
    path("payments/", include("payments.urls")),
    path("webhooks/phonepe/", phonepe_webhook, name="phonepe_webhook"),
    path("webhooks/twilio/message-status/", webhooks.message_status, name="twilio_message_status"),
    path("webhooks/twilio/inbound/", webhooks.inbound_message, name="twilio_inbound"),
    path("webhooks/twilio/voice/answer/", webhooks.voice_answer, name="twilio_voice_answer"),
    path("webhooks/twilio/voice/keypress/", webhooks.voice_keypress, name="twilio_voice_keypress"),
    path("webhooks/twilio/voice/status/", webhooks.voice_status, name="twilio_voice_status"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("", api.urls),
]
if settings.ANYMAIL_ESP and settings.ANYMAIL_WEBHOOK_SECRET:
    urlpatterns.insert(0, path("webhooks/email/", include("anymail.urls")))
