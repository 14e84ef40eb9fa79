"""Networks of others by whose features images can be compared, a module each."""
