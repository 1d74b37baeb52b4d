"""What a rehearsal came to, as plain values (``result``), where they come from (``gather``,
``inventory``), and how they are shown (``report``, ``page``: pure)."""
