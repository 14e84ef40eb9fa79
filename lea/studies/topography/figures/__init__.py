"""Figures that only this study has, a module each."""
