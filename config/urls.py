"""Every address, app by app; `interface.md` of the design lists what others rely on."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

api = [
    path("", include("courses.api.urls")),
    path("", include("payments.api.urls")),
    path("", include("invoicing.api.urls")),
    path("staff/", include("fraud.api.urls")),
    path(
        "schema/",
        SpectacularAPIView.as_view(permission_classes=[], authentication_classes=[]),
        name="schema",
    ),
]

urlpatterns = [
    path("", include("core.health.urls")),
    path("", include("courses.urls")),
    path("", include("payments.urls")),
    path("", include("invoicing.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include((api, "api"))),
]
