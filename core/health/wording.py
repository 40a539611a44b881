"""The parts as staff read of them."""

from core.health.checks import Words

WEBSITE = Words(
    "Website", "Pages are slow.", "Pages fail.",
    "Customers meet error pages.", "Look at Performance, and at the newest errors in the log.",
    slow_effect="Customers wait longer; nothing is lost.",
)  # fmt: skip
DATABASE = Words(
    "Database", "The database is slow.", "The database does not answer.",
    "Nothing can be booked, and most pages say so.", "See the runbook: database.",
    slow_effect="Customers wait longer; nothing is lost.",
)  # fmt: skip
CACHE = Words(
    "Cache", "The cache is slow.", "The cache does not answer.",
    "Bookings are not affected; pages are a little slower.", "See the runbook: Valkey.",
)  # fmt: skip
BROKER = Words(
    "Job queue", "The job queue is slow.", "The job queue does not answer.",
    "Bookings are not affected; e-mails and invoices come later.", "See the runbook: Valkey.",
)  # fmt: skip
LIMITS = Words(
    "Rate limits", "Rate limits are slow.", "The store of the rate limits does not answer.",
    "Bookings are not affected; each process counts by itself.", "See the runbook: Valkey.",
)  # fmt: skip
EMAIL = Words(
    "Email", "Emails are slow.", "Emails are not going out.",
    "Bookings are not affected.", "Open Messages to see why; they are sent by themselves when it works.",
)  # fmt: skip
JOBS = Words(
    "Jobs", "Jobs are slow.", "No jobs are being done.",
    "Paid bookings are kept, but invoices and e-mails wait.", "Is a worker running? It is started again when it stops taking jobs.",
)  # fmt: skip
