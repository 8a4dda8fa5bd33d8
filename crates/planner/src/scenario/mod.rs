//! Packing scenarios: files that ask one question of the planner.
