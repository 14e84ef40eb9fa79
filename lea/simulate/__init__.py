"""Earthquakes, what they lift, and the waves that follow: a library for anybody, which knows no study."""
