"""What several areas share: charts, dates, errors, safety."""
