"""Tell me about new dates: asking, and the page behind the mailed link that says yes or stop."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core import clock, formats
from core.cache.http import keep_private
from core.idempotency.forms import idempotent_form
from core.pages import by_secret_link
from core.ratelimit import limits
from courses import new_dates, selectors, shown
from courses.forms.new_dates import NewDatesForm


@require_http_methods(["GET", "HEAD", "POST"])
@idempotent_form
def ask(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    courses = [(each.slug, each.title) for each in shown.courses_in_brief(now=now)]
    if request.method != "POST":
        initial = {"course": request.GET.get("course", "")[:80]}
        form = NewDatesForm(initial=initial, courses=courses)
        return _page(request, form, sent="sent" in request.GET)
    form = NewDatesForm(request.POST, courses=courses)
    if not form.is_valid():
        return _page(request, form, status=422)
    limits.spend(request, limits.LINKS_ASKED)
    slug = form.cleaned_data["course"]
    course = selectors.course(slug=slug) if slug else None
    new_dates.ask(email=form.cleaned_data["email"], course=course, now=now)
    return HttpResponseRedirect(f"{reverse('courses:new_dates')}?sent")


@by_secret_link
@require_http_methods(["GET", "HEAD", "POST"])
def wish(request: HttpRequest, token: str) -> HttpResponse:
    """Opening the link does nothing: mail scanners open links, too."""
    if request.method != "POST":
        found = new_dates.find(token)
        context = {"wish": found, "kept": formats.length_of_time(settings.NEW_DATES_DAYS // 30)}
        return render(request, "courses/new_dates_wish.html", context)
    if request.POST.get("stop"):
        new_dates.stop(token=token)
        return render(request, "courses/new_dates_wish.html", {"wish": None})
    new_dates.confirm(token=token, now=clock.now())
    return HttpResponseRedirect(request.path)


def _page(
    request: HttpRequest, form: NewDatesForm, *, sent: bool = False, status: int = 200
) -> HttpResponse:
    context = {"form": form, "problems": form.problems() if form.is_bound else [], "sent": sent}
    response = render(request, "courses/new_dates.html", context, status=status)
    keep_private(response)  # the form's token is one browser's
    return response
