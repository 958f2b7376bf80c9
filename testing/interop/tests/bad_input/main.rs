//! What nobody should send, on real sockets: the right status or a closed connection, nothing is
//! left, and the server goes on.

mod calls;
mod floods;
mod protocols;
mod scene;
mod stalling;
mod vanishing;
