"""What a frozen network keeps of each factor, read by a small classifier at every layer (Sec. 5.1)."""
