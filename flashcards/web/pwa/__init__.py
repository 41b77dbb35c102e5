"""What makes a browser keep the app."""
