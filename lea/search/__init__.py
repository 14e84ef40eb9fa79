"""A search for the values of a run: what its trials are, which of them go on, and which is chosen."""
