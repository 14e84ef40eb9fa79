"""Pretrained networks by whose features images are compared, a module each."""
