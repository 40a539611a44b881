"""The catalogue, a course, and the steps up to paying."""

from django.urls import path

from courses.views import booking, catalogue, course, information

app_name = "courses"
urlpatterns = [
    path("", catalogue.catalogue, name="catalogue"),
    path("courses/<slug:slug>/", course.course, name="course"),
    path("sessions/<uuid:session_id>/book/", course.choose, name="choose"),
    path("bookings/<str:token>/details/", booking.details, name="details"),
    path("bookings/<str:token>/extend/", booking.extend, name="extend"),
    path("bookings/<str:token>/renew/", booking.renew, name="renew"),
    path("bookings/<str:token>/rebook/", booking.rebook, name="rebook"),
    path("bookings/<str:token>/calendar.ics", booking.calendar, name="calendar"),
    path("help/", information.help_page, name="help"),
    path("workplace/", information.workplace, name="workplace"),
    path("cancelling/", information.cancelling, name="cancelling"),
    path("privacy/", information.privacy, name="privacy"),
    path("terms/", information.terms, name="terms"),
    path("accessibility/", information.accessibility, name="accessibility"),
]
