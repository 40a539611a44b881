"""The addresses of payments' API; one booking is here since its page shows money."""

from django.urls import path

from payments.api import reviews, staff, views

urlpatterns = [
    path("bookings/<str:token>/", views.BookingView.as_view(), name="booking"),
    path("bookings/<str:token>/payments/", views.PaymentList.as_view(), name="booking-payments"),
    path("staff/reviews/", reviews.ReviewList.as_view(), name="reviews"),
    path("staff/reviews/<uuid:case_id>/", reviews.ReviewDetail.as_view(), name="review"),
    path(
        "staff/reviews/<uuid:case_id>/decision/",
        reviews.ReviewDecision.as_view(),
        name="review-decision",
    ),
    path("staff/refunds/", staff.RefundList.as_view(), name="refunds"),
    path("staff/payments/", staff.PaymentList.as_view(), name="staff-payments"),
]
