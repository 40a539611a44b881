"""The VAT summary: what was sold and credited in each month of tax points, at each rate."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from core.audit import services as audit


@dataclass(frozen=True, slots=True)
class Vat:
    """One month (2026-11) and rate. Credits count against; papers of corrections cancel out within their month."""

    month: str
    vat_rate_bp: int
    invoices: int
    credit_notes: int
    net_minor: int
    vat_minor: int
    gross_minor: int


def vat(*, since: date, until: date) -> list[Vat]:
    """`until` left out."""
    with connection.cursor() as cursor:
        cursor.execute(_VAT, [since, until])
        return [Vat(*row) for row in cursor.fetchall()]


def record_export(*, which: str, since: date, until: date, actor: str, now: datetime) -> None:
    """Who took which list out of the house."""
    audit.record(
        subject="invoicing.accounts",
        action="accounts.exported",
        actor=actor,
        after={"list": which, "since": since.isoformat(), "until": until.isoformat()},
        now=now,
    )


_VAT = """
    SELECT to_char(paper.tax_point, 'YYYY-MM'), (line->>'vat_rate_bp')::int,
        count(DISTINCT paper.id) FILTER (WHERE paper.kind = 'invoice'),
        count(DISTINCT paper.id) FILTER (WHERE paper.kind = 'credit_note'),
        sum(sign * (line->>'net_minor')::bigint)::bigint,
        sum(sign * (line->>'vat_minor')::bigint)::bigint,
        sum(sign * (line->>'gross_minor')::bigint)::bigint
    FROM invoicing_document AS paper
    CROSS JOIN LATERAL jsonb_array_elements(paper.lines) AS line
    CROSS JOIN LATERAL (SELECT CASE paper.kind WHEN 'invoice' THEN 1 ELSE -1 END AS sign) AS side
    WHERE paper.tax_point >= %s AND paper.tax_point < %s
    GROUP BY 1, 2 ORDER BY 1, 2
"""
