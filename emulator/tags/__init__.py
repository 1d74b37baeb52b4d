"""Tags: the Resource Groups Tagging API and the services' own calls over one store."""
