"""What a user does, one transaction each. Web, command line and jobs call these and nothing below."""
