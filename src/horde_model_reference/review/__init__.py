"""Propose, approve, reject, apply: the rules by which a change gets in."""
