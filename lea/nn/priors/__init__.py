"""Densities of codes: one file a prior."""
