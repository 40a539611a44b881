"""Which index is missing: from what was really asked (pg_stat_statements) and how the server would go about it.

`statements` finds what cost most, `plans` has the server explain it and looks for rows that are read to be thrown
away, `proposals` makes an index of that and knows which one is there already, `building` builds one without a lock
and keeps it only if the plan has become cheaper.
"""
