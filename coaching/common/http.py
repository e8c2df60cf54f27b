"""What a request says about where it came from, and how to say no to it."""

import ipaddress

from django.conf import settings
from django.http import HttpResponse, JsonResponse

FOR_PROGRAMS = ("/public/", "/api/", "/webhooks/", "/readyz")


def client_ip(request):
    """Return the visitor's address, or None.

    Only as many proxies as TRUSTED_PROXIES says are believed, counted from the right of
    X-Forwarded-For: everything further left was written by whoever sent the request.
    """
    text = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        hops = request.headers.get("X-Forwarded-For", "").replace(",", " ").split()
        if len(hops) >= settings.TRUSTED_PROXIES:
            text = hops[-settings.TRUSTED_PROXIES]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])  # without an IPv6 zone
        return str(getattr(address, "ipv4_mapped", None) or address)
    except ValueError:
        return None


def is_foreign_origin(request):
    """Whether a browser says that this post comes from a site that is not on our list."""
    origin = request.headers.get("Origin")
    allowed = {settings.SITE_URL, f"{request.scheme}://{request.get_host()}"}
    return bool(origin) and origin not in allowed | set(settings.CORS_ALLOWED_ORIGINS)


def is_for_programs(request):
    """Whether a program reads the answer, so that it is JSON rather than a page."""
    return request.path_info.startswith(FOR_PROGRAMS)


def refusal(request, status, sentence):
    """Return a 4xx that needs neither database nor template: one sentence says what is wrong."""
    if is_for_programs(request):
        return JsonResponse({"detail": sentence}, status=status)
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
