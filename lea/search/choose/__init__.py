"""The stage that chooses the best trial of a search."""
