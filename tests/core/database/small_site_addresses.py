"""The addresses of `small_site`: slow, quick, and one that writes, before the product's own."""

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import urlpatterns as product


def slow(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [float(request.GET["seconds"])])
    return HttpResponse("slept")


def double(request: HttpRequest, number: int) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::int * 2", [number])
        return HttpResponse(str(cursor.fetchone()[0]))


def write(request: HttpRequest, number: int) -> HttpResponse:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO test_written (number) VALUES (%s)", [number])
    return HttpResponse(str(number))


handler500 = "core.api.last_resort.server_error"
urlpatterns = [
    path("slow/", slow),
    path("double/<int:number>/", double),
    path("write/<int:number>/", write),
    *product,
]
