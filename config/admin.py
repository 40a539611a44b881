"""The back office's site: Unfold over Django's admin."""

from django.contrib.admin.apps import AdminConfig


class BackOfficeConfig(AdminConfig):
    default_site = "unfold.sites.UnfoldAdminSite"
