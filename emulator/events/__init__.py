"""EventBridge, its Scheduler, SQS and SNS: from an event to who is to have it."""
