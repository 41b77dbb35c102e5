"""Figures for Prometheus; loaded only where they are wished."""
