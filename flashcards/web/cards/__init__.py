"""One card's page."""
