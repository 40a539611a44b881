"""How was it? One tap in a mail, without signing in."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from core import clock
from core.errors import Invalid
from core.pages import by_secret_link
from courses.models import Rating
from courses.services import rating

WORDS = {1: "1, bad", 2: "2", 3: "3", 4: "4", 5: "5, excellent"}


@by_secret_link
@require_http_methods(["GET", "HEAD", "POST"])
def rate(request: HttpRequest, link: str) -> HttpResponse:
    """Opening gives no mark, since mail scanners open links; the page's script, or its button, sends the one tapped."""
    if request.method != "POST":
        return _page(request, rating.by_link(link), tapped=request.GET.get("score", ""))
    try:
        rating.give(link=link, score=request.POST.get("score", ""), now=clock.now())
    except Invalid as refusal:
        return _page(request, rating.by_link(link), error=refusal.fields["score"][0], status=422)
    return HttpResponseRedirect(request.path)


def _page(
    request: HttpRequest, found: Rating, *, tapped: str = "", error: str = "", status: int = 200
) -> HttpResponse:
    chosen = int(tapped) if rating.is_score(tapped) else found.score
    context = {
        "rating": found,
        "choices": [(number, words, number == chosen) for number, words in WORDS.items()],
        "sends_itself": rating.is_score(tapped) and chosen != found.score,
        "error": error,
        "problems": [("score-1", error)] if error else [],
    }
    return render(request, "courses/rating.html", context, status=status)
