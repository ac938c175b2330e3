"""Originals closed with public keys: the reverse of de-identification, for whoever holds the private key."""
