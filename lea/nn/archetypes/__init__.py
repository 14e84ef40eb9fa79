"""Archetypes: points of a hull of data of which all data are mixtures (Cutler and Breiman 1994)."""
