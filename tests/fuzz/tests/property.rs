//! Hubs under random members, beside their model: long runs, where the fuzzer's are short.

use fuzz::Target;
use sim::{Rng, seeds};

fn long_runs(target: Target) {
    for seed in seeds(30) {
        println!("seed {seed}: run it again with SIM_SEED={seed}");
        let mut rng = Rng::new(seed);
        let bytes: Vec<u8> = (0..4_000).map(|_| rng.below(256) as u8).collect();
        target(&bytes);
    }
}

#[test]
fn whoever_joins_leaves_sends_or_disappears_the_hub_does_what_its_model_says() {
    long_runs(fuzz::hub::hub);
}

#[test]
fn several_nodes_are_to_their_sockets_what_one_is() {
    long_runs(fuzz::hub::nodes);
}
