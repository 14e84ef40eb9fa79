"""Autoencoders of windows, one file each (Sec. 2.4, 3.3.2); `ae.py` says what one has to give."""
