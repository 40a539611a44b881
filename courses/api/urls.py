"""The addresses of courses' API. `bookings/<token>/` itself shows money, so it is routed above."""

from django.urls import path

from courses.api import attendees, views, waiting

urlpatterns = [
    path(
        "sessions/<uuid:session_id>/waiting-list/",
        waiting.WaitingList.as_view(),
        name="waiting-list",
    ),
    path("courses/", views.CourseList.as_view(), name="courses"),
    path("courses/<slug:slug>/", views.CourseDetail.as_view(), name="course"),
    path("sessions/", views.SessionList.as_view(), name="sessions"),
    path("sessions/<uuid:session_id>/", views.SessionDetail.as_view(), name="session"),
    path("bookings/", views.BookingList.as_view(), name="bookings"),
    path(
        "bookings/<str:token>/attendees/<uuid:attendee_id>/",
        attendees.AttendeeDetail.as_view(),
        name="booking-attendee",
    ),
    path("bookings/<str:token>/extension/", views.Extension.as_view(), name="booking-extension"),
    path("bookings/<str:token>/renewal/", views.Renewal.as_view(), name="booking-renewal"),
]
