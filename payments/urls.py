"""The pages that show money: pay, status, one booking."""

from django.urls import path

from payments import webhooks
from payments.views import booking, cancel, choose, move, move_pay, pay, status

app_name = "payments"
urlpatterns = [
    path("webhooks/stripe/", webhooks.stripe, name="stripe_webhook"),
    path("bookings/<str:token>/", booking.booking, name="booking"),
    path("bookings/<str:token>/pay/", pay.pay, name="pay"),
    path("bookings/<str:token>/cancel/", cancel.cancel, name="cancel"),
    path("bookings/<str:token>/move/", move.move, name="move"),
    path("bookings/<str:token>/move/pay/", move_pay.move_pay, name="move_pay"),
    path("bookings/<str:token>/choose/", choose.choose, name="choose"),
    path("bookings/<str:token>/status/", status.status, name="status"),
]
