"""What the leak alarm looks for, and how."""
