"""How the app is served: connections, bodies of requests, and the threads that the app runs in."""
