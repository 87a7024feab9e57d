//! The hub under random members, beside its model: long runs, where the fuzzer's are short.

use sim::{Rng, seeds};

#[test]
fn whoever_joins_leaves_sends_or_disappears_the_hub_does_what_its_model_says() {
    for seed in seeds(40) {
        println!("seed {seed}: run it again with SIM_SEED={seed}");
        let mut rng = Rng::new(seed);
        let bytes: Vec<u8> = (0..8_000).map(|_| rng.below(256) as u8).collect();
        fuzz::hub::hub(&bytes);
    }
}
