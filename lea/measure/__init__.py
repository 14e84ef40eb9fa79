"""What is measured of a model once it is trained: one file a metric."""
