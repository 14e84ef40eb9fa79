"""How the layers of an encoder and its decoder lie: one file a kind of layers."""
