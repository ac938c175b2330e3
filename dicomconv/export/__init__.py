"""What is in containers in layouts of others: one module each."""
