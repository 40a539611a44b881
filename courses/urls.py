"""The catalogue, a course, and the steps up to paying."""

from django.urls import path

from courses.views import (
    attendee,
    booking,
    catalogue,
    course,
    indexing,
    information,
    mails,
    my_bookings,
    new_dates,
    rating,
    waiting,
    workplace,
)

app_name = "courses"
urlpatterns = [
    path("", catalogue.catalogue, name="catalogue"),
    path("courses/<slug:slug>/", course.course, name="course"),
    path("sessions/<uuid:session_id>/book/", course.choose, name="choose"),
    path("sessions/<uuid:session_id>/waiting-list/", waiting.join, name="join_waiting_list"),
    path("bookings/<str:token>/waiting/", waiting.entry, name="waiting"),
    path("bookings/<str:token>/details/", booking.details, name="details"),
    path("bookings/<str:token>/attendees/<uuid:attendee_id>/", attendee.attendee, name="attendee"),
    path("bookings/<str:token>/extend/", booking.extend, name="extend"),
    path("bookings/<str:token>/renew/", booking.renew, name="renew"),
    path("bookings/<str:token>/rebook/", booking.rebook, name="rebook"),
    path("bookings/<str:token>/calendar.ics", booking.calendar, name="calendar"),
    path("bookings/<str:token>/emails/", mails.mails, name="mails"),
    path("new-dates/", new_dates.ask, name="new_dates"),
    path("new-dates/<str:token>/", new_dates.wish, name="wish"),
    path("rating/<str:link>/", rating.rate, name="rate"),
    path("my-bookings/", my_bookings.my_bookings, name="my_bookings"),
    path("my-bookings/sign-out/", my_bookings.sign_out, name="sign_out"),
    path("my-bookings/<str:link>/", my_bookings.open_link, name="open_my_bookings"),
    path("help/", information.help_page, name="help"),
    path("workplace/", workplace.workplace, name="workplace"),
    path("cancelling/", information.cancelling, name="cancelling"),
    path("privacy/", information.privacy, name="privacy"),
    path("terms/", information.terms, name="terms"),
    path("accessibility/", information.accessibility, name="accessibility"),
    path("robots.txt", indexing.robots, name="robots"),
    path("sitemap.xml", indexing.sitemap, name="sitemap"),
]
