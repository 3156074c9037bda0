"""Side-by-side runs against what a user would write instead. `make bench` measures all of it."""
