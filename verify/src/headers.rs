//! The page's headers: those that a browser acts on beside the HTML.

use crate::fetch::Got;
use crate::html::MAX_FILLED;
use crate::report::Verdict;
use crate::shown::{clipped, shown};

/// Headers by which more is loaded, or another page opened, than the HTML says. Browsers may come to know others.
const MORE: [&str; 3] = ["link", "refresh", "speculation-rules"];

/// What the page may load and run: shown, and the same in all of its answers.
pub(crate) const POLICY: &str = "content-security-policy";

/// What the answers that are the page say in their headers: whichever of them a browser gets, nothing may be missed.
#[derive(Default)]
pub(crate) struct Headers {
    policies: Vec<Option<String>>,
    more: Vec<(&'static str, String)>,
}

impl Headers {
    pub(crate) fn read(&mut self, got: &Got) {
        add(&mut self.policies, got.header(POLICY));
        for header in loads_more(got) {
            add(&mut self.more, header);
        }
    }

    /// What is wrong with them, by the name of the header.
    pub(crate) fn findings(&self) -> impl Iterator<Item = (String, Verdict)> {
        let named = |name: &str| format!("header `{name}`");
        let more = self.more.iter().map(move |(name, value)| (named(name), Verdict::Extra(value.clone())));
        let others = self.policies.iter().skip(1).map(move |policy| {
            let policy = policy.as_deref().map_or("none".to_owned(), |policy| clipped(policy, MAX_FILLED));
            (named(POLICY), Verdict::Differs(format!("asked for again, the page comes with {policy}")))
        });
        more.chain(others)
    }
}

fn add<T: PartialEq>(all: &mut Vec<T>, one: T) {
    if !all.contains(&one) {
        all.push(one);
    }
}

/// Headers of the page that have more loaded, with their values.
fn loads_more(got: &Got) -> impl Iterator<Item = (&'static str, String)> {
    MORE.into_iter().filter_map(|name| Some((name, shown(&got.header(name)?))))
}
