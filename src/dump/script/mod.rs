//! Plain scripts.

pub mod command;
pub mod head;
pub mod insert;
pub mod large_object;
pub mod lexeme;
pub mod lexer;
pub mod poison;
pub mod reader;
pub mod started;
pub mod template;
pub mod token;
pub mod trailer;
