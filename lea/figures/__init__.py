"""Summaries in, pictures out: one file a figure or table. No torch, no path, nothing computed."""
