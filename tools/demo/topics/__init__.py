"""What the demo model talks about: one module per kind of conversation."""
