"""A cache in layers: this process's memory, Valkey, and whatever stands in front of the site.

    from django.core.cache import cache
    cache.get_or_set("key", make, 60)                 # made once, however many ask

    COURSES = families.register(Family(
        "courses", seconds=300, stale_seconds=300, reads=("courses.course", "courses.venue")))
    COURSES.get(("brief",), lambda: tuple(...))       # forgotten when those tables change

What it promises
- A hit in memory takes about a microsecond, without lock or round trip. What can't change (tuples, records, text) is
  handed out as it is, all else as a copy: no caller can spoil it. Memory is bounded in bytes.
- One making for each key in a process and in the fleet, under a lease in Valkey that ends by itself.
- Who has something old to show waits `soft_seconds` at most, while the new value is made behind; who has nothing
  `hard_seconds`. When making fails the old value stands in, up to `stale_seconds`. Near its end a value is made anew
  before anybody waits for it. What is not there is remembered for a short time.
- A committed change of the tables that a family reads forgets it: here at once, in the other processes within a
  second. No old value comes back (see `invalidation`), and a transaction sees its own changes.
- Valkey is optional. Paused, gone or emptied it costs a page no more than CACHE_SHARED_MS_MAX once in a while;
  what it could not be told is told later. Where its channel was lost, memory is emptied.
- Nothing from the network is run: JSON with named types (`codec`), no pickle. `personal` families leave the
  process sealed, under digests. Clearing deletes by prefix, never the database.
- It decides nothing: an import contract keeps money, places and permissions away from it.

How it is built: `backend` (Django's interface) on `layers` (memory, then Valkey, then making) with `memory`, `shared`
and `scripts`, `making` and `flights`; `entries` and `codec` (values), `families` (what is cached, in words and seconds);
`watching` and `invalidation` (what a statement makes out of date); `keeper` (one thread a process: hears, tells, counts);
`stats`, `history`, `metrics`, `standing` and `admin` (what people see); `warming`; `http` (ready for a CDN).

Limits: one Valkey server or a replicated one, not a cluster (scripts make their keys). Clocks of the machines agree
within a second. What is written by COPY or by other programs is not seen: the families' own lives are the bound.
"""
