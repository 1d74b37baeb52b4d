"""Copies into other accounts and Regions: jobs, kinds of resources, and who must allow one."""
