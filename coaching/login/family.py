"""One number, several students: after the code, and before anybody is logged in, we ask who.

A stage of allauth's own log-in, so that the choice is possible only in the session that has just
entered the right code, and only among that number's students.
"""

from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.stages import LoginStage
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from coaching.common.admin import an_id
from coaching.login.adapter import students_on

KEY = "who_is_learning"


def proven_number(request, user):
    """Return the number whose code was entered for this log-in, or ''."""
    records = get_authentication_records(request, user)
    if not records or records[-1]["method"] != "code":
        return ""
    return records[-1].get("phone", "")


class WhoIsLearning(LoginStage):
    key = KEY
    urlname = "account_who"

    def handle(self):
        number = proven_number(self.request, self.login.user)
        if number and students_on(number).count() > 1:
            return redirect("account_who"), True
        return None, True


@require_http_methods(["GET", "HEAD", "POST"])
@login_stage_required(stage=KEY, redirect_urlname="account_request_login_code")
def who(request):
    stage = request._login_stage
    number = proven_number(request, stage.login.user)
    students = students_on(number)
    if request.method == "POST":
        student = get_object_or_404(students, pk=an_id(request.POST.get("student")))
        stage.login.user = student
        record_authentication(request, student, method="code", phone=number)
        return stage.exit()
    return render(request, "account/who.html", {"students": students})
