"""What the customer's browser gets: the script, the frame with the card fields, the bank's page."""
