"""Networks by whose features a reconstruction is compared with its tile, a module each."""
