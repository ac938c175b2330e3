"""De-identification by PS3.15 Annex E: which rule, what it does, and the keyed pseudonyms."""
