"""Thin programs over transformers, PEFT and TRL. They follow a request; what to do next is decided elsewhere."""
