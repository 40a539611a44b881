from django.urls import path

from invoicing import views

app_name = "invoicing"
urlpatterns = [
    path("bookings/<str:token>/invoice.pdf", views.invoice_pdf, name="invoice_pdf"),
    path(
        "bookings/<str:token>/documents/<slug:label>.pdf", views.document_pdf, name="document_pdf"
    ),
    path("bookings/<str:token>/invoice-details/", views.invoice_details, name="invoice_details"),
    path("bookings/<str:token>/documents/", views.documents_fragment, name="documents_fragment"),
]
