"""How the product performs, measured by itself: pages, tasks, statements, browsers and the interpreter.

    middleware -> recorder -> roll_up -> Measurement rows of the hour -> selectors -> console, suggestions

What it promises
- Every request's time and every task's time is counted in this process's memory, in histograms of fixed size. One
  request in PERFORMANCE_SAMPLE is looked at closely: CPU time, statements and their repeats, GC pauses.
- One thread a process writes them down each PERFORMANCE_FLUSH_SECONDS, by adding to the rows of the present hour, so
  any number of processes may write at once. No request waits for it; when the database is away the numbers wait.
- The same thread measures how late it wakes (the GIL and the machine) and what the process weighs.
- Nothing personal: routes, task names, texts of statements without parameters, device classes.
- With MONITORING_ENABLED off nothing is installed.

How it is built: `histogram` (pure), `recorder` (memory), `collector` (the garbage collector: pauses, thresholds,
freezing), `sampler` (the thread), `loop` (event-loop lag under ASGI), `celery` (tasks), `roll_up` (memory to rows),
`selectors` (rows to tables), `suggestions` and `advice` (tables to sentences), `vitals` (what browsers tell).
"""
