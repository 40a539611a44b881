"""Faults planted in the money paths, each of which a test must notice: `make mutants`."""
