"""Every address, app by app; `interface.md` of the design lists what others rely on."""

from typing import Any

from csp.decorators import csp_update
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from core.api.security_txt import PATH as SECURITY_TXT
from core.api.security_txt import security_txt

# Swagger's page styles itself inline; its script comes from our own static files.
api_docs = csp_update({"style-src": "'unsafe-inline'"})(
    SpectacularSwaggerSplitView.as_view(url_name="api:schema", authentication_classes=[])
)

api: list[Any] = [
    path("", include("courses.api.urls")),
    path("", include("payments.api.urls")),
    path("", include("invoicing.api.urls")),
    path("staff/", include("fraud.api.urls")),
    path("schema/", SpectacularAPIView.as_view(authentication_classes=[]), name="schema"),
    path("docs/", api_docs, name="docs"),
]

handler500 = "core.api.last_resort.server_error"

urlpatterns = [
    path(SECURITY_TXT, security_txt, name="security_txt"),
    path("", include("core.health.urls")),
    path("", include("core.performance.urls")),
    path("", include("courses.urls")),
    path("", include("payments.urls")),
    path("", include("invoicing.urls")),
    path("admin/two-step/", include("core.two_step.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include((api, "api"))),
]
