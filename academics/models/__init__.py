"""What is taught and when (`courses`), who is in it and who waits for it (`enrolment`)."""

from academics.models.courses import (
    WEEKDAYS,
    Batch,
    Course,
    a_list_of_instalments,
    a_list_of_text,
    weekdays,
)
from academics.models.enrolment import Enrollment, WaitingPlace

__all__ = [
    "WEEKDAYS", "Batch", "Course", "Enrollment", "WaitingPlace",
    "a_list_of_instalments", "a_list_of_text", "weekdays",  # the first migration names them
]  # fmt: skip
