"""Whom we know, for how long, and how we forget them: erasure and retention, as registries.

Each app says in its `privacy.py` which of its fields are personal, how long they are kept and why (`declared`),
what stands in the way of an erasure and what it does (`erasing`), and what a night forgets (`retention`).
"""
