"""One model, one seed: a data table in; weights and what was measured on the way out."""
