"""Thirteen attacks in the meaning that foolbox 1.8.0 gave them, and what mends some of them (Sec. 4.6)."""
