"""Flows: maps that can be undone, with how much they stretch (Sec. 2.2)."""
