"""The shop as a customer's browser meets it, over HTTP: a booking up to the card, and what the pay page is made of."""
