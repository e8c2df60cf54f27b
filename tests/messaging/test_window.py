"""One welcome in so many hours: never in none, which would be no welcome at all."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction


def test_a_window_of_no_hours_is_refused_by_the_form_and_by_the_database(centre):
    centre.welcome_window_hours = 0

    with pytest.raises(ValidationError):
        centre.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        centre.save()
