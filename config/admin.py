"""The back office's wiring: its site, its sidebar and tabs, what each staff role may do."""

from typing import Any

from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.templatetags.static import static

from core.backoffice import navigation, roles
from core.backoffice.navigation import Link, Section

JOBS = ("sagas.sagarun", "payments.webhookevent", "outbox.delivery", "backoffice.bulkrun")

SIDEBAR = (
    Section(
        "Training",
        (
            Link("Bookings", "confirmation_number", "courses.booking"),
            Link("Sessions", "calendar_month", "courses.coursesession"),
            Link("Waiting list", "hourglass_top", "courses.waitinglistentry"),
            Link("Customers", "group", "courses.customer"),
            Link("Workplace enquiries", "contact_mail", "courses.workplaceenquiry"),
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
            Link("Disputes", "gavel", "payments.dispute", also=("payments.fraudwarning",)),
            Link("Money check", "account_balance", "payments.difference"),
            Link("Reports", "bar_chart", "backoffice.report"),
            Link("Cancelled dates", "event_busy", "payments.sessioncancellation"),
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
            Link("Switches", "toggle_on", "switches.switchorder"),
            Link("Health", "monitor_heart", "health.slot"),
            Link("Messages", "mail", "mail.message"),
            Link("Jobs and webhooks", "account_tree", JOBS[0], badge="webhooks", also=JOBS[1:]),
            Link("Circuit breakers", "power_off", "breakers.order"),
            Link("Cache", "cached", "cache.cachedfamily"),
            Link("Performance", "speed", "performance.suggestion"),
            Link("Audit", "history_edu", "audit.auditentry"),
            Link("Staff", "badge", "auth.user"),
        ),
    ),
)

TABS = (
    (
        ("Booking journeys", JOBS[0]),
        ("Webhooks", JOBS[1]),
        ("Outbox", JOBS[2]),
        ("Bulk actions", JOBS[3]),
    ),
    (("Refunds", "payments.refund"), ("Money without a place", "payments.straymoney")),
    (("Disputes", "payments.dispute"), ("Called fraud by the bank", "payments.fraudwarning")),
    (("Stopped tries", "fraud.fraudattempt"), ("All scores", "fraud.assessment")),
)

EVERYDAY = (
    "courses.view_*",
    "payments.view_*",
    "invoicing.view_*",
    "fraud.view_*",
    "mail.view_*",
    "audit.view_*",
    "switches.view_*",
    "backoffice.view_report",
)
ROLES = {
    "office": (
        *EVERYDAY,
        "courses.change_booking",
        "courses.change_coursesession",
        "courses.change_workplaceenquiry",
        "fraud.change_reviewcase",
        "payments.add_refund",
        "payments.change_refund",
        "payments.change_dispute",
        "payments.change_fraudwarning",
        "invoicing.change_document",
        "mail.change_message",
    ),
    "approver": (
        *EVERYDAY,
        "courses.change_booking",
        "courses.change_coursesession",
        "courses.change_workplaceenquiry",
        "fraud.change_reviewcase",
        "fraud.change_blacklistentry",
        "payments.add_refund",
        "payments.change_refund",
        "payments.change_dispute",
        "payments.change_fraudwarning",
        "payments.approve_refund",
        "payments.change_difference",
        "invoicing.export_accounts",
        "backoffice.export_report",
        "switches.change_switchorder",
        "invoicing.change_document",
        "mail.change_message",
    ),
    "ops": (
        "breakers.*",
        "switches.*",
        "cache.*",
        "performance.*",
        "health.*",
        "backoffice.*",
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


def find_key(request: HttpRequest) -> str:
    return static("js/staff/find.js")


def field_vitals(request: HttpRequest) -> str:
    return static("js/field/vitals.js")
