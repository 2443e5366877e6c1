//! Plan, play, judge.
