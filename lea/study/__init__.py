"""What is to be computed: the configuration, read once and checked, and what follows from it. Standard
library and YAML.
"""
