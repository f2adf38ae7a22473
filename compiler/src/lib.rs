//! Sources to names, types, effects, checks and plans.
