"""The addresses of fraud's API, all for staff."""

from django.urls import path

from fraud.api import staff

urlpatterns = [
    path("blacklist/", staff.EntryList.as_view(), name="blacklist"),
    path("blacklist/<uuid:entry_id>/", staff.EntryDetail.as_view(), name="blacklist-entry"),
]
