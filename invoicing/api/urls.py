from django.urls import path

from invoicing.api import views

urlpatterns = [
    path("bookings/<str:token>/documents/", views.DocumentList.as_view(), name="booking-documents")
]
