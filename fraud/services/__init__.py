"""Fraud's use cases: judge a try, hear what became of it, let a person decide."""
