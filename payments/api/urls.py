"""The addresses of payments' API; one booking is here since its page shows money."""

from django.urls import path

from payments.api import cancellations, moves, reviews, staff, views

urlpatterns = [
    path("bookings/<str:token>/", views.BookingView.as_view(), name="booking"),
    path(
        "bookings/<str:token>/cancellation-quotes/",
        cancellations.QuoteList.as_view(),
        name="cancellation-quotes",
    ),
    path(
        "bookings/<str:token>/cancellation/",
        cancellations.Cancellation.as_view(),
        name="cancellation",
    ),
    path("bookings/<str:token>/moves/", moves.MoveList.as_view(), name="moves"),
    path(
        "bookings/<str:token>/moves/<uuid:move_id>/payments/",
        views.MovePaymentList.as_view(),
        name="move-payments",
    ),
    path("bookings/<str:token>/payments/", views.PaymentList.as_view(), name="booking-payments"),
    path("staff/reviews/", reviews.ReviewList.as_view(), name="reviews"),
    path("staff/reviews/<uuid:case_id>/", reviews.ReviewDetail.as_view(), name="review"),
    path(
        "staff/reviews/<uuid:case_id>/decision/",
        reviews.ReviewDecision.as_view(),
        name="review-decision",
    ),
    path("staff/refunds/", staff.RefundList.as_view(), name="refunds"),
    path(
        "staff/refunds/<uuid:refund_id>/approval/",
        staff.RefundApproval.as_view(),
        name="refund-approval",
    ),
    path("staff/payments/", staff.PaymentList.as_view(), name="staff-payments"),
]
