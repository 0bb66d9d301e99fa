"""Accreditation under review: cautions raised and lifted with the auditors' register, and work verified again."""
