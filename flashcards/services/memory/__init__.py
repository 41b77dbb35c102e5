"""What learners remember: kept beside their schedules, measured, fitted."""
