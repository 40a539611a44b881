"""The back office's wiring: its site, its sidebar and tabs, what each staff role may do."""

from typing import Any

from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.templatetags.static import static

from core.backoffice import navigation, roles
from core.backoffice.navigation import Link, Section

JOBS = ("sagas.sagarun", "payments.webhookevent", "outbox.delivery")

SIDEBAR = (
    Section(
        "Training",
        (
            Link("Bookings", "confirmation_number", "courses.booking"),
            Link("Sessions", "calendar_month", "courses.coursesession"),
            Link("Customers", "group", "courses.customer"),
        ),
    ),
    Section(
        "Money",
        (
            Link("Payments", "credit_card", "payments.payment"),
            Link(
                "Refunds", "undo", "payments.refund", badge="refunds", also=("payments.straymoney",)
            ),
            Link("Invoices", "receipt_long", "invoicing.document"),
            Link("Disputes", "gavel", "payments.dispute"),
        ),
    ),
    Section(
        "Risk",
        (
            Link("Review queue", "gpp_maybe", "fraud.reviewcase", badge="reviews"),
            Link("Stopped tries", "back_hand", "fraud.fraudattempt", also=("fraud.assessment",)),
            Link("Blacklist", "block", "fraud.blacklistentry"),
            Link("Weight sets", "balance", "fraud.weightsetrow"),
        ),
    ),
    Section(
        "System",
        (
            Link("Messages", "mail", "mail.message"),
            Link("Jobs and webhooks", "account_tree", JOBS[0], badge="webhooks", also=JOBS[1:]),
            Link("Audit", "history_edu", "audit.auditentry"),
            Link("Staff", "badge", "auth.user"),
        ),
    ),
)

TABS = (
    (("Booking journeys", JOBS[0]), ("Webhooks", JOBS[1]), ("Outbox", JOBS[2])),
    (("Refunds", "payments.refund"), ("Money without a place", "payments.straymoney")),
    (("Stopped tries", "fraud.fraudattempt"), ("All scores", "fraud.assessment")),
)

EVERYDAY = (
    "courses.view_*",
    "payments.view_*",
    "invoicing.view_*",
    "fraud.view_*",
    "mail.view_*",
    "audit.view_*",
)
ROLES = {
    "office": (
        *EVERYDAY,
        "courses.change_booking",
        "courses.change_coursesession",
        "fraud.change_reviewcase",
        "payments.add_refund",
        "payments.change_refund",
        "invoicing.change_document",
        "mail.change_message",
    ),
    "approver": (
        *EVERYDAY,
        "courses.change_booking",
        "courses.change_coursesession",
        "fraud.change_reviewcase",
        "fraud.change_blacklistentry",
        "payments.add_refund",
        "payments.change_refund",
        "payments.approve_refund",
        "invoicing.change_document",
        "mail.change_message",
    ),
    "ops": (
        "sagas.*",
        "outbox.*",
        "idempotency.*",
        "payments.view_*",
        "payments.change_webhookevent",
        "mail.view_*",
        "mail.change_message",
        "audit.view_*",
        "courses.view_*",
    ),
    "owner": ("*",),
}


class BackOfficeConfig(AdminConfig):
    default_site = "core.backoffice.site.BackOfficeSite"

    def ready(self) -> None:
        roles.define(ROLES)
        super().ready()


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    return navigation.sidebar(request, SIDEBAR)


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    return [navigation.tabs(request, lists) for lists in TABS]


def environment_label(request: HttpRequest) -> list[str] | None:
    """An amber TEST on every page, so that nobody takes it for the real one; nothing in production."""
    return None if settings.ENVIRONMENT_NAME == "production" else ["Test", "warning"]


def mark(request: HttpRequest) -> dict[str, str]:
    return {"light": static("img/mark.svg"), "dark": static("img/mark.svg")}


def favicon(request: HttpRequest) -> str:
    return static("img/favicon.svg")


def tokens(request: HttpRequest) -> str:
    return static("css/tokens.css")


def theme(request: HttpRequest) -> str:
    return static("css/admin-theme.css")


def components(request: HttpRequest) -> str:
    return static("css/staff.css")


def policy_bridge(request: HttpRequest) -> str:
    return static("js/unfold-csp.js")
