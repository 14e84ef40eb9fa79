"""What says how much of an outlier each sample is, a module each."""
