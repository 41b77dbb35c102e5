"""From Markdown to HTML that is safe to show, in child processes."""
