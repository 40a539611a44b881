"""Training at your workplace: what it takes, and a form that reaches the office."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core import clock
from core.cache.http import keep_private
from core.idempotency.forms import idempotent_form
from core.ratelimit import limits
from courses.forms.enquiry import EnquiryForm
from courses.services import enquiring

TOO_MANY = "You have sent us several already. Call us and we’ll help."


@require_http_methods(["GET", "HEAD", "POST"])
@idempotent_form
def workplace(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    if request.method != "POST":
        initial = {"people": request.GET.get("people", "")[:3]}
        return _page(request, EnquiryForm(initial=initial, now=now), sent="sent" in request.GET)
    form = EnquiryForm(request.POST, now=now)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        limits.spend(request, limits.ENQUIRIES)
    except limits.TooManyRequests:
        form.add_error(None, TOO_MANY)
        return _page(request, form, status=429)
    enquiring.ask(asked=form.asked(), now=now)
    return HttpResponseRedirect(f"{reverse('courses:workplace')}?sent")


def _page(
    request: HttpRequest, form: EnquiryForm, *, sent: bool = False, status: int = 200
) -> HttpResponse:
    context = {
        "section": "workplace",
        "form": form,
        "stamp": form.stamp(),
        "problems": form.problems() if form.is_bound else [],
        "sent": sent,
    }
    response = render(request, "courses/information/workplace.html", context, status=status)
    keep_private(response)  # the form's token is one browser's
    return response
