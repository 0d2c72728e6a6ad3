"""The pages for people: rendered here, usable without scripts, loaded when the first one is asked for."""
