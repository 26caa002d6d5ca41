//! What is taken and what is refused, and in which words.
