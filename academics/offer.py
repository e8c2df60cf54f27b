"""What is offered at present, for enquiries, which come in floods: read once a second at most."""

from academics.models import Course
from coaching.common import remember


@remember.for_seconds(1)
def offered_courses():
    """Return the courses that are offered, with their open batches. For reading only."""
    return list(Course.objects.offered().with_batches())


def offered_course(slug):
    """Return the offered course of this slug, or None."""
    return next((course for course in offered_courses() if course.slug == slug), None)
