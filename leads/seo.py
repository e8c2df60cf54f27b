"""What search engines and link previews read."""

import json

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.http import HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from academics.models import Course


class Page:
    """The addresses of one public page, for search engines and link previews."""

    def __init__(self, request, name, *args):
        self.url = settings.SITE_URL + reverse(name, args=args)
        chosen = request.GET.get("lang")
        is_translation = chosen in dict(settings.LANGUAGES) and chosen != settings.LANGUAGE_CODE
        self.canonical = f"{self.url}?lang={chosen}" if is_translation else self.url
        self.alternates = [
            (code, self.url if code == settings.LANGUAGE_CODE else f"{self.url}?lang={code}")
            for code, _ in settings.LANGUAGES
        ]
        self.image = settings.SITE_URL + static("img/og.png")


def _script(data):
    """Serialise for a <script type="application/ld+json">: nothing in it can close the script."""
    text = json.dumps({"@context": "https://schema.org", **data}, ensure_ascii=False)
    for char, escape in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(char, escape)
    return mark_safe(text)  # noqa: S308


def _organisation(centre):
    data = {
        "@type": "EducationalOrganization",
        "name": centre.name,
        "url": settings.SITE_URL + "/",
        "address": {
            "@type": "PostalAddress",
            "streetAddress": centre.address,
            "addressLocality": centre.city,
            "postalCode": centre.postal_code,
            "addressCountry": "IN",
        },
        "telephone": centre.phone,
        "email": centre.email,
    }
    return {key: value for key, value in data.items() if value}


def _course(centre, course):
    return {
        "@type": "Course",
        "name": course.title,
        "description": course.summary or ", ".join(course.syllabus),
        "url": settings.SITE_URL + course.get_absolute_url(),
        "provider": {"@type": "EducationalOrganization", "name": centre.name},
        "offers": {
            "@type": "Offer",
            "category": "Paid",
            "priceCurrency": "INR",
            "price": course.price_paise / 100,
        },
        "hasCourseInstance": [
            {
                "@type": "CourseInstance",
                "courseMode": "Online" if batch.mode == "online" else "Onsite",
                "startDate": batch.starts_on.isoformat(),
            }
            for batch in course.open_batches
        ],
    }


def landing_json_ld(centre, courses):
    items = [
        {"@type": "ListItem", "position": n, "item": _course(centre, course)}
        for n, course in enumerate(courses, 1)
    ]
    return _script(
        {"@graph": [_organisation(centre), {"@type": "ItemList", "itemListElement": items}]}
    )


def course_json_ld(centre, course):
    return _script(_course(centre, course))


class Pages(Sitemap):
    protocol = "https" if settings.USE_HTTPS else "http"

    def items(self):
        return ["landing", "privacy"]

    def location(self, item):
        return reverse(item)

    def get_domain(self, site=None):
        return settings.SITE_URL.split("://", 1)[1]


class Courses(Pages):
    def items(self):
        return Course.objects.offered()

    def location(self, item):
        return item.get_absolute_url()


SITEMAPS = {"pages": Pages, "courses": Courses}


@require_safe
def robots(request):
    lines = [
        "User-agent: *",
        *(f"Disallow: /{path}/" for path in ("admin", "portal", "api", "accounts", "enquiries")),
        f"Sitemap: {settings.SITE_URL}/sitemap.xml",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain")
