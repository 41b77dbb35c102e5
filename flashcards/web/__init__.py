"""The web application: one blueprint per area."""
