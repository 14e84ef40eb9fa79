"""Tables in, tables out: what the figures draw is computed here, where it can be tested."""
