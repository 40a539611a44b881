"""Traces, logs and error reports: what happened, told so that nobody's data is in it. README of the part:

- `spans.span(name)` is one piece of work; `spans.continued(stored_context, name)` goes on where another process left
  off; `spans.client(...)` is a call to somebody else. `propagation.current_context()` is what to store for later.
- `provider` starts in each process that works, after the fork; `outbound` is its bounded queue to the collector,
  `orphans` remembers on disk which spans are open, so that those of a killed process are found and ended.
- `w3c` reads and writes `traceparent`, `tracestate` and `baggage` by the rules of W3C Trace Context level 1.
- `database`, `valkey`: a span and a count for each statement and command. `work` adds them up for the one log line
  that `middleware` (requests) and `celery` (tasks) write.
- `redaction` and `failures` know what must not be read; logs, spans and `reports` (Sentry) all pass through them.

docs/tracing.md says how to look at what comes out.
"""
