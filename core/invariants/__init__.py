"""What must always be true of the books, asserted by SQL that shares no code with the apps.

It lives in core, not in tests, because production runs it too. It imports no app and no model: its tables, its
state machines and its arithmetic are written down here a second time, so that a mistake has to be made twice.
"""
