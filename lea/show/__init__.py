"""Pictures of what a model does, of the weights of some epochs: another picture trains nothing."""
