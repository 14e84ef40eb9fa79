"""Torch modules to take into any network; they read no files and know no configuration."""
