"""The pages that show money: pay, status, one booking."""

from django.urls import path

from payments import webhooks
from payments.views import booking, pay, status

app_name = "payments"
urlpatterns = [
    path("webhooks/stripe/", webhooks.stripe, name="stripe_webhook"),
    path("my-bookings/", booking.my_bookings, name="my_bookings"),
    path("bookings/<str:token>/", booking.booking, name="booking"),
    path("bookings/<str:token>/pay/", pay.pay, name="pay"),
    path("bookings/<str:token>/status/", status.status, name="status"),
]
