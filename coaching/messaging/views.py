"""The one page of messaging: stop, or start again, without a log-in."""

from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from coaching.accounts.models import Consent, Contact
from coaching.accounts.services import opt_in_again
from coaching.common.http import client_ip
from coaching.messaging.links import contact_pk_of
from coaching.messaging.services import stop


@csrf_exempt  # the signed link is the permission; mail programs post it themselves (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request, token):
    """GET shows, POST does: link scanners open every link, and must not stop anybody's messages."""
    try:
        contact = get_object_or_404(Contact, pk=contact_pk_of(token))
    except signing.BadSignature as error:
        raise Http404 from error
    if request.method == "POST":
        act = opt_in_again if request.POST.get("do") == "start" else stop
        act(contact, source=Consent.Source.LINK, ip=client_ip(request))
        if "List-Unsubscribe" in request.POST:
            return HttpResponse("Unsubscribed.")
    response = render(
        request,
        "messaging/unsubscribe.html",
        {"is_stopped": bool(contact.opted_out_at), "phone_ending": contact.phone[-4:]},
    )
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
