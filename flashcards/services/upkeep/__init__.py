"""What keeps a server whole: backups, the doctor, the secret key, work that takes long."""
