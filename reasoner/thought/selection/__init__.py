"""Which of several samples is the answer, one file per selector."""
