"""Our books and Stripe's, compared to the penny: what differs is found, named and offered a mend."""

from payments.services.reconciling.run import UnderWay, full, recent, reconcile, slice_of_all

__all__ = ["UnderWay", "full", "recent", "reconcile", "slice_of_all"]
