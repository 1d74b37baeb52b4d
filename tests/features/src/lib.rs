//! Nothing but features of dependencies: see the manifest.
