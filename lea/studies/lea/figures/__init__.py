"""Figures of the study of the LEA that no other study has."""
