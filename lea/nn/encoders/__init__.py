"""How much of an encoder is learnt: one file a kind of encoder."""
