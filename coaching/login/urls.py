"""allauth's addresses, with ours before them."""

from allauth.account.internal.decorators import login_stage_required
from allauth.account.stages import LoginByCodeStage
from django.urls import include, path, re_path

from coaching.login import family, views

confirm = login_stage_required(
    stage=LoginByCodeStage.key, redirect_urlname="account_request_login_code"
)(views.ConfirmCodeView.as_view())

urlpatterns = [
    path("who/", family.who, name="account_who"),
    path("login/code/confirm/", confirm),
    path("email/", views.closed),
    re_path(r"^confirm-email/", views.closed),
    path("password/set/", views.closed),
    path("", include("allauth.urls")),
]
