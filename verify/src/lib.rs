//! Whether a server's page is what this source builds.
//!
//! Every file is asked for as browsers ask for it and compared with the one built here. The server's manifest is compared
//! too, but nothing follows from it: who serves another page can serve another manifest with it. What comes from the server
//! is bounded, and shown without what a terminal would act on.
#![forbid(unsafe_code)]
