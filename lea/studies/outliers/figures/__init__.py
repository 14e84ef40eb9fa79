"""Figures of the outlier study alone."""
