"""Circuit breakers: what is gone or slow is left alone for a while, so that nobody waits for it.

    reads = registry.register(Policy("stripe-reads", slow_seconds=5), bulkhead=stripe)

    answer = reads.call(ask, argument)            # raises NotPermitted at once while it is paused

    with reads.admit() as admitted:               # the same in two moves: permitted first,
        row = write_down_what_we_are_about_to_do()
        answer = admitted.call(ask, argument)     # then done; leaving without a call gives the permit back

What it promises
- The decision is local and takes microseconds: no round trip, and no lock is held during the call.
- Windows by count or by time, failure rate and slow-call rate, both only from a minimum of calls on. Errors
  that `Policy.counts` leaves out neither count nor reset anything.
- A breaker that opens in one process opens in all of them within a second, through Valkey. Without
  Valkey each process goes on alone.
- Half open, the whole fleet together sends no more probes than `Policy.probes`, each under a lease that ends by
  itself; without Valkey that many for each process.
- People can pause a breaker, let everything through, or only watch, with a reason and until a given time.
- A bulkhead bounds how many calls of one dependency a process has under way, and `deadline.within` how
  long they may take altogether.

How it is built: `breaker` (the state machine: pure, no clock, no lock) on `window`; `guard` (a machine with clock,
lock, bulkhead and store); `storage` (Valkey); `synchroniser` (one thread a process that tells and hears);
`registry` (all of them); `orders` (what people decided, from the database); `events`, `metrics`, `suspicion`.
"""
