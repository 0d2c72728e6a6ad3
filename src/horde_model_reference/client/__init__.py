"""The library behind the public module paths."""
