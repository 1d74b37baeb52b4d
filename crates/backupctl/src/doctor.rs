//! Whether everything that backups need is there. Pure: what was seen comes in, and what it means
//! comes out.

pub mod agreement;
pub mod asked;
pub mod deployed;
pub mod diagnosis;
pub mod facts;
pub mod trust;

pub mod json;
pub mod text;

#[cfg(test)]
mod tests;
