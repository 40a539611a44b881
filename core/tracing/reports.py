"""Error reports to Sentry, when SENTRY_DSN names one: the code's side of an error, nothing of the person's."""

from typing import Any

from django.conf import settings

from core.tracing import propagation
from core.tracing.redaction import redacted

REQUEST_PARTS_KEPT = ("method", "url")


def start() -> bool:
    """Begin to report; False when nobody is named to report to."""
    if not settings.SENTRY_DSN or not settings.MONITORING_ENABLED:
        return False
    import sentry_sdk

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        environment=settings.ENVIRONMENT_NAME,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        traces_sample_rate=0.0,
        max_breadcrumbs=20,
        before_send=cleaned,
        before_breadcrumb=lambda crumb, _hint: redacted(crumb),
    )
    return True


def cleaned(event: Any, _hint: dict[str, Any]) -> Any:
    """The report without headers, cookies, query and person, and with the trace's id."""
    request = event.get("request", {})
    event["request"] = {name: request[name] for name in REQUEST_PARTS_KEPT if name in request}
    if "url" in event["request"]:
        event["request"]["url"] = event["request"]["url"].partition("?")[0]
    event.pop("user", None)
    event.setdefault("tags", {})["trace_id"] = propagation.trace_id()
    return redacted(event)
