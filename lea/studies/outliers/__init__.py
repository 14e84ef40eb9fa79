"""Parts of the outlier study alone."""
