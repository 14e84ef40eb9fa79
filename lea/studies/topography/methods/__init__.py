"""How autoencoders of relief learn, a module each."""
