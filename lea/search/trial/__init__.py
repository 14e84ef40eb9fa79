"""The stage that trains a trial from one rung to the next."""
