"""A form of money that was sent, waiting for a fresh code: all that was typed goes on with it."""

from functools import partial

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from core.backoffice.site import staff_policy

FIELD = "two_step_code"
NOT_KEPT = (FIELD, "csrfmiddlewaretoken")


def page(request: HttpRequest, *, wrong: bool = False) -> HttpResponseBase:
    return staff_policy(partial(_page, wrong=wrong))(request)


def _page(request: HttpRequest, *, wrong: bool) -> HttpResponse:
    typed = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in NOT_KEPT
        for value in values
    ]
    context = {
        **admin.site.each_context(request),
        "title": "Type your code to go on",
        "typed": typed,
        "field": FIELD,
        "wrong": wrong,
    }
    return render(request, "two_step/ask.html", context, status=422 if wrong else 200)
