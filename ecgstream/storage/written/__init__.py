"""What people and models say of records: annotations, sessions, overlays."""
