"""Tiers, RFM scores, value segments and ABC classes: docs/policies/tiering.md."""
