"""What is planted where. Each plant changes a sheet and writes down what it did; none knows the program under test."""
