//! What the tests share: a home of their own, a loopback server, archives good and bad.

pub mod archives;
pub mod channel;
pub mod conda;
pub mod exercise;
pub mod extensions;
pub mod live;
pub mod machine;
pub mod proxy;
pub mod pythons;
pub mod sandbox;
pub mod server;
pub mod shims;
pub mod terminal;
pub mod tls;
