"""What is put right, and whether it stays right: repayment by cohort, self-disclosure, later checks, reminders."""
