"""What the first visitors of a morning ask for: the catalogue, and each course with its dates."""

from core import clock, formats
from courses import shown
from courses.forms.finder import Finder
from courses.selectors import CatalogueFilters
from courses.views.catalogue import kept_page
from courses.views.course import ALL_SHOWN


def catalogue() -> int:
    """As a visitor would ask; how many values."""
    now = clock.now()
    finder = Finder.read({}, venues=shown.venues, today=formats.local_date(now))
    kept_page(finder, now=now, partial=False)
    shown.venues()
    courses = shown.courses_in_brief(now=now)
    for brief in courses:
        course = shown.course(slug=brief.slug)
        shown.towns_of(course=course, now=now)
        shown.listed(filters=CatalogueFilters(course=brief.slug), now=now, limit=ALL_SHOWN)
    return 3 + 3 * len(courses)
