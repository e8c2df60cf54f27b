"""Load or update a centre from one JSON file: profile, policies, courses, batches.

Safe to repeat: rows are found by the file's ids, and what the file no longer holds is archived.
Facts under `course.` and `batch.` are not stored, because they follow from the rows.
"""

import datetime as dt
import json
import re
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from academics.models import Batch, Course
from coaching.centre.fees import Fees
from coaching.centre.models import Policy, Profile

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
PROFILE_FIELDS = ("name", "tagline", "tagline_hi", "city", "address", "postal_code", "phone",
                  "whatsapp", "email", "gstin")  # fmt: skip
FEE_FIELDS = {field.name for field in Fees._meta.get_fields()}
DERIVED = ("course.", "batch.", "courses.")


def weekday_numbers(text):
    """'Mon, Wed, Fri' -> [1, 3, 5]; 'Mon to Thu' -> [1, 2, 3, 4]."""
    numbers = [WEEKDAYS.index(word.lower()[:3]) + 1 for word in re.findall(r"[A-Za-z]{3,}", text)]
    if re.search(r"\bto\b|-|–", text) and len(numbers) == 2:
        return list(range(numbers[0], numbers[1] + 1))
    return numbers


def clock_times(text):
    """'7:30 pm - 9:30 pm' -> (19:30, 21:30)."""
    found = re.findall(r"(\d{1,2})(?::(\d{2}))?\s*(am|pm)", text.lower())
    if len(found) != 2:
        raise ValueError(f"“{text}” is not a time like “7:30 pm - 9:30 pm”")
    return tuple(
        dt.time(int(hour) % 12 + (12 if half == "pm" else 0), int(minute or 0))
        for hour, minute, half in found
    )


class Command(BaseCommand):
    help = "Load or update the centre, its courses and batches from a JSON file."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--relative-to-today",
            action="store_true",
            help="move every date by whole weeks, so that the file's `as_of` is not in the past",
        )

    def handle(self, *, file, relative_to_today, **_):
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except ValueError as error:
            raise CommandError(f"{file} is not valid JSON: {error}.") from error
        shift = dt.timedelta()
        if relative_to_today:
            days = (timezone.localdate() - dt.date.fromisoformat(data["as_of"])).days
            shift = dt.timedelta(weeks=-(-days // 7))  # weekdays stay what they are
        try:
            with transaction.atomic():
                self.load(data, shift)
        except KeyError as error:
            raise CommandError(f"{file} lacks {error}; nothing was changed.") from error
        except ValueError as error:
            raise CommandError(f"{file}: {error}; nothing was changed.") from error
        self.stdout.write(
            f"{data['centre']['name']}: {len(data['courses'])} courses, "
            f"{len(data['batches'])} batches loaded."
        )

    def load(self, data, shift):
        self.load_profile(data)
        self.load_fees(data.get("fees", {}))
        self.load_policies(data.get("facts", {}))
        self.load_courses(data["courses"], data.get("facts", {}))
        links = data.get("secrets", {}).get("meeting_links", {})
        self.load_batches(data["batches"], links, shift)

    def load_profile(self, data):
        profile = Profile.fresh()
        given = dict(data["centre"])
        location = data.get("facts", {}).get("location", {}).get("value", "")
        given.setdefault("address", location if isinstance(location, str) else "")
        for name in PROFILE_FIELDS:
            if name in given:
                setattr(profile, name, given[name])
        profile.save()

    def load_fees(self, fees):
        """Set the rules about fees that the file gives; amounts in whole rupees (`…_inr`)."""
        profile = Profile.fresh()
        for name, value in fees.items():
            field = name.replace("_inr", "_paise")
            if field not in FEE_FIELDS:
                raise ValueError(f"fees: “{name}” is no rule about fees")
            setattr(profile, field, value * 100 if field != name else value)
        profile.full_clean()
        profile.save()

    def load_policies(self, facts):
        kept = []
        for key, fact in facts.items():
            if key.startswith(DERIVED):
                continue
            say, value = fact.get("say", {}), fact.get("value", "")
            Policy.objects.update_or_create(
                key=key,
                defaults={
                    "value": value if isinstance(value, str) else json.dumps(value),
                    "say_en": say.get("en", ""),
                    "say_hinglish": say.get("hinglish", ""),
                    "say_hi": say.get("hi", ""),
                    "is_archived": False,
                },
            )
            kept.append(key)
        Policy.objects.exclude(key__in=kept).update(is_archived=True)

    def load_courses(self, courses, facts):
        for position, course in enumerate(courses):
            trainer = facts.get(f"course.{course['id']}.trainer", {}).get("value") or {}
            experience = trainer.get("experience", "") if isinstance(trainer, dict) else ""
            Course.objects.update_or_create(
                slug=course["id"],
                defaults={
                    "title": course["title"],
                    "title_hi": course.get("title_hi", ""),
                    "summary": course.get("summary", ""),
                    "summary_hi": course.get("summary_hi", ""),
                    "level": course.get("level", ""),
                    "price_paise": course["fee_inr"] * 100,
                    "duration_weeks": course["duration_weeks"],
                    "hours": course["hours"],
                    "prerequisites": course.get("prerequisites", ""),
                    "syllabus": course.get("syllabus", []),
                    "instalments": [
                        {"paise": part["inr"] * 100, "when": part["when"]}
                        for part in course.get("installments", [])
                    ],
                    "trainer": course.get("trainer", ""),
                    "trainer_experience": course.get("trainer_experience", experience),
                    "aliases": course.get("aliases", []),
                    "position": position,
                    "is_archived": False,
                },
            )
        kept = [course["id"] for course in courses]
        Course.objects.exclude(slug__in=kept).update(is_archived=True)

    def load_batches(self, batches, links, shift):
        by_slug = {course.slug: course for course in Course.objects.all()}
        taken_here = dict(Batch.objects.values_list("code", "seats_taken"))
        for batch in batches:
            start_time, end_time = clock_times(batch["time"])
            sold = batch["capacity"] - batch["seats_left"]
            Batch.objects.update_or_create(
                code=batch["id"],
                defaults={
                    "course": by_slug[batch["course"]],
                    "mode": batch["mode"],
                    "starts_on": dt.date.fromisoformat(batch["start"]) + shift,
                    "days": weekday_numbers(batch["days"]),
                    "start_time": start_time,
                    "end_time": end_time,
                    "seats": batch["capacity"],
                    "seats_taken_elsewhere": max(0, sold - taken_here.get(batch["id"], 0)),
                    "meeting_link": links.get(batch["id"], ""),
                    "is_archived": False,
                },
            )
        kept = [batch["id"] for batch in batches]
        Batch.objects.exclude(code__in=kept).update(is_archived=True)
