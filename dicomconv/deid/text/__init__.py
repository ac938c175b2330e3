"""What identifies a patient in text: collected, taken out, and searched for (PS3.15 E.3.5; E.1.1)."""
