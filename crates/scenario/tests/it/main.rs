//! The format from outside: files as people write and break them.

mod broken;
mod cases;
mod documentation;
mod drafts;
mod files;
mod keys;
mod profiles;
mod robust;
mod schema;
