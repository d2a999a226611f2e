"""The imperative shell: gathers, lets `core` decide, and carries out, writing down before and after."""
