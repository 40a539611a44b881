"""Four switches for the whole site, each with a reason, a name in the audit trail and an end if somebody sets one.

They are read from memory, so that no customer's page asks for them; another process hears of a change within
seconds. A database that is away changes nothing.
"""

from core.switches.memory import Name, is_on, order_of

__all__ = ["Name", "is_on", "order_of"]
