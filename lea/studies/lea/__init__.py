"""The study of the locally embedded autoencoder: its networks, methods, pictures and figures."""
