"""CodeCommit: repositories by API and by git."""
