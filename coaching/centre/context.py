"""The centre's profile for every template, read once a request and only where it is used."""

from django.utils.functional import SimpleLazyObject

from coaching.centre.models import Profile


def centre(request):
    return {"centre": SimpleLazyObject(Profile.current)}
