"""The pages as people call them, with their budgets: server p95, LCP and INP in milliseconds, CLS in thousandths.

The first pattern that fits a route counts. What has no line has the last one's.
"""

PERFORMANCE_BUDGETS = (
    # (route, page, server p95, LCP p75, INP p75, CLS p75)
    (r"^/$", "Catalogue", 200, 1800, 150, 50),
    (r"^/courses/<slug:slug>/$", "Course", 200, 1800, 150, 50),
    (r"^/sessions/<uuid:session_id>/book/$", "Choose places", 200, 1800, 150, 50),
    (r"^/bookings/<str:token>/details/$", "Who’s coming", 250, 1800, 150, 50),
    (r"^/bookings/<str:token>/pay/$", "Pay", 300, 2200, 200, 50),
    (r"^/bookings/<str:token>/status/$", "Payment status", 300, 2200, 200, 50),
    (r"^/bookings/<str:token>/$", "Manage a booking", 250, 1800, 150, 50),
    (r"^/api/v1/bookings/<str:token>/payments/$", "API: pay", 2000, 2500, 200, 100),
    (r"^/api/", "API", 500, 2500, 200, 100),
    (r"^/webhooks/", "Webhooks", 500, 2500, 200, 100),
    (r"^/admin/$", "Today", 500, 2500, 200, 100),
    (r"^/admin/", "Staff", 500, 2500, 200, 100),
    (r"", "", 250, 2500, 200, 100),
)
# The public limits of the same three; beyond them a page counts as bad, whatever its own aim is.
VITALS_ALARM = {"LCP": 2500, "INP": 200, "CLS": 100}

# What customers did, told by the answer alone (ux.md 9): "method view status" to the measure's name.
MEASURES = {
    "GET courses:catalogue 200": "catalogue_viewed",
    "GET courses:course 200": "course_viewed",
    "GET courses:choose 200": "course_viewed",
    "POST courses:course 409": "hold_refused",
    "POST courses:choose 409": "hold_refused",
    "POST courses:course 503": "hold_refused",
    "POST courses:choose 503": "hold_refused",
    "POST api:bookings 409": "hold_refused",
    "POST api:bookings 503": "hold_refused",
    "POST courses:join_waiting_list 302": "waiting_joined",
    "POST api:waiting-list 202": "waiting_joined",
    "POST courses:details 302": "who_completed",
    "POST courses:extend 302": "hold_extended",
    "POST api:booking-extension 201": "hold_extended",
    "POST courses:renew 302": "hold_renewed",
    "POST api:booking-renewal 201": "hold_renewed",
    "GET payments:pay 200": "pay_viewed",
    "POST api:booking-payments 201": "pay_submitted",
    "POST api:booking-payments 402": "pay_submitted",
    "GET payments:cancel 200": "quote_viewed",
    "POST courses:my_bookings 200": "link_sent",
    "POST courses:open_my_bookings 302": "link_opened",
    "GET courses:calendar 200": "calendar_added",
    "GET invoicing:invoice_pdf 200": "invoice_downloaded",
    "GET invoicing:document_pdf 200": "invoice_downloaded",
}
