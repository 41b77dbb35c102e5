"""What authors do: write, preview, check, stamp ids, see the effect of a change, find bad cards."""
