"""The study's networks, one a file (Sec. 4.7)."""
