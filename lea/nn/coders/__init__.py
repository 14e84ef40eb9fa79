"""Coders: what stands before and behind an autoencoder's code, one file each (Sec. 3.3.1)."""
