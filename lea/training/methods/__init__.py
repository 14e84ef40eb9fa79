"""How models learn: one file a method that is of more than one study."""
