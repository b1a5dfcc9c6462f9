//! Who is calling, and may they?
//!
//! | pattern | in one line | protects against | price |
//! |---|---|---|---|
//! | [`certificate`] | a proof of who somebody is, which runs out | a stolen key that is good for ever | who forgets to renew it is out |
//! | [`allow_list`] | those who are named are let in, nobody else | whoever can reach the network | every new edge has to be written down |
//! | [`quota`] | so many calls per second and peer | one peer, taken over or broken, that takes everything | a peer that grows runs into it |

pub mod allow_list;
pub mod certificate;
pub mod quota;
