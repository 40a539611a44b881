"""Error reports to Sentry, when SENTRY_DSN names one: the code's side of an error, nothing of the person's."""

from typing import Any

from django.conf import settings

from core.tracing import failures, propagation
from core.tracing.redaction import redacted

REQUEST_PARTS_KEPT = ("method", "url")
CONTEXTS_KEPT = ("trace", "runtime", "os")
FRAME_PARTS_DROPPED = ("vars", "pre_context", "post_context")
SEND_SECONDS_MAX = 2


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
        trace_propagation_targets=[],
        max_breadcrumbs=20,
        shutdown_timeout=SEND_SECONDS_MAX,
        before_send=cleaned,
        before_breadcrumb=lambda crumb, _hint: redacted(crumb),
    )
    return True


def cleaned(event: Any, hint: dict[str, Any]) -> Any:
    """The report without headers, cookies, query, person and the words that quote them; with the trace's id."""
    request = event.get("request", {})
    event["request"] = {name: request[name] for name in REQUEST_PARTS_KEPT if name in request}
    if "url" in event["request"]:
        event["request"]["url"] = event["request"]["url"].partition("?")[0]
    for part in ("user", "extra", "modules"):
        event.pop(part, None)
    contexts = event.get("contexts", {})
    event["contexts"] = {name: contexts[name] for name in CONTEXTS_KEPT if name in contexts}
    _retell(event.get("exception", {}).get("values", []), hint)
    event.setdefault("tags", {})["trace_id"] = propagation.trace_id()
    return redacted(event)


def _retell(values: list[dict[str, Any]], hint: dict[str, Any]) -> None:
    """Sentry lists the errors from the first cause to the last; ours are found by their place from the end."""
    error = (hint.get("exc_info") or (None, None, None))[1]
    chain = list(reversed(failures.chain_of(error))) if error is not None else []
    for place, value in enumerate(reversed(values)):
        known = chain[-1 - place] if place < len(chain) else None
        same = known is not None and type(known).__name__ == value.get("type")
        value["value"] = failures.words_of(known) if known is not None and same else ""
        for frame in value.get("stacktrace", {}).get("frames", []):
            for part in FRAME_PARTS_DROPPED:
                frame.pop(part, None)
