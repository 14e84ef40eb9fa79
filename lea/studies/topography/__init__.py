"""The study of topography: relief of the earth in a few numbers, judged by a simulated tsunami."""
