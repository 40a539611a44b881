"""A stand-in for Stripe over HTTP, for a laptop and for tests.

A process of its own with its own store. Nothing of the shop is imported here, and the shop
imports nothing from here: the two meet only over HTTP, by addresses and keys.
"""
