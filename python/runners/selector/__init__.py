"""The pointer selector: a small network that chooses in-context examples, one after the other."""
