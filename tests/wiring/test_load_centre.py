"""`load_centre` loads and updates, archives what is gone, and changes nothing when it cannot."""

import datetime as dt
import json

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from academics.models import Batch, Course
from coaching.centre.models import Policy, Profile

DEMO = settings.BASE_DIR / "coaching" / "demo" / "centre.json"


@pytest.fixture
def data():
    return json.loads(DEMO.read_text())


@pytest.fixture
def load(tmp_path, db):
    def write_and_load(data, **options):
        path = tmp_path / "centre.json"
        path.write_text(json.dumps(data))
        call_command("load_centre", path, verbosity=0, **options)

    return write_and_load


def test_the_file_becomes_rows(load, data):
    load(data)

    course = Course.objects.get(slug="foundation")
    batch = Batch.objects.get(code="FND-EVE")
    assert (course.price_paise, course.duration_weeks) == (950000, 8)
    assert course.instalments == [
        {"paise": 500000, "when": "at joining"}, {"paise": 450000, "when": "week 4"},
    ]  # fmt: skip
    assert (batch.seats, batch.seats_left, batch.days) == (20, 6, [1, 3, 5])
    assert (batch.start_time, batch.end_time) == (dt.time(19, 30), dt.time(21, 30))
    assert batch.starts_on == dt.date(2026, 12, 7)
    assert Batch.objects.get(code="DA-MRN").days == [1, 2, 3, 4]
    assert Profile.current().name == "Pathkriti Python Academy"
    assert Profile.current().address.startswith("2nd floor, Sai Plaza")
    assert Policy.objects.get(key="refund.policy").say("hi").startswith("बैच शुरू")


def test_what_follows_from_rows_is_not_stored_as_a_policy(load, data):
    load({**data, "facts": {**data["facts"], "course.foundation.fee": {"value": 1, "say": {}}}})

    assert not Policy.objects.filter(key__startswith="course.").exists()


def test_loading_again_changes_rows_and_adds_none(load, data):
    load(data)
    data["courses"][0]["fee_inr"] = 9900
    data["courses"][0]["installments"] = []

    load(data)

    assert Course.objects.count() == 3
    assert Course.objects.get(slug="foundation").price_paise == 990000


def test_what_the_file_no_longer_holds_is_archived(load, data):
    load(data)
    data["batches"] = [b for b in data["batches"] if b["id"] != "DJ-EVE"]
    del data["facts"]["placement"]

    load(data)

    assert Batch.objects.get(code="DJ-EVE").is_archived
    assert Policy.objects.get(key="placement").is_archived


def test_relative_to_today_keeps_the_weekdays(load, data):
    load(data, relative_to_today=True)

    batch = Batch.objects.get(code="FND-EVE")
    assert batch.starts_on >= timezone.localdate()
    assert batch.starts_on.isoweekday() == 1


@pytest.mark.parametrize("broken", ["courses", "batches", "centre"])
def test_a_file_that_lacks_something_changes_nothing(load, data, broken):
    del data[broken]

    with pytest.raises((CommandError, KeyError), match=broken):
        load(data)
    assert Course.objects.count() == 0


def test_a_file_that_is_no_json_gets_a_clear_sentence(db, tmp_path):
    path = tmp_path / "x.json"
    path.write_text("{")

    with pytest.raises(CommandError, match="is not valid JSON"):
        call_command("load_centre", path)
