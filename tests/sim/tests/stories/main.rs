//! What happens between people: each file one subject. One program, because linking twenty took longer than compiling them.

mod bounds;
mod commands;
mod determinism;
mod files;
mod hostile;
mod hostile_author;
mod hostile_door;
mod hostile_member;
mod knocking;
mod lanes;
mod liveness;
mod meet;
mod mesh;
mod neighbour;
mod outbox;
mod property;
mod recovery;
mod rooms;
mod server;
mod several;
mod shelf;
mod sources;
mod stranger;
mod transfers;
mod turn;
mod waiting;
