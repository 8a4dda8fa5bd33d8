//! A second, independent implementation of the rules, which proves plans.
