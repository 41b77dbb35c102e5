"""The page of reminders and calendar, the feed, and the pages that mails lead to."""
