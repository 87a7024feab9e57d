//! Same seed, same story: the same outputs, byte for byte. Without this no printed seed would be worth anything.

use sim::{Content, Net, World, seeds};

fn story(seed: u64, net: Net) -> [u8; 32] {
    let mut world = World::with_net(seed, net);
    let all = world.room_of(3);
    let content = Content { seed, size: 700_000 };
    let file = world.share(all[0], "a.bin", content);
    let sink = world.fetch(all[1], file);
    world.say(all[2], "hello");
    world.cut_wifi(all[2]);
    world.saved(all[1], file, sink, content);
    world.reload(all[0]);
    world.heal_wifi(all[2]);
    world.linked(&all);
    world.same_chat(&all, 1);
    world.digest()
}

#[test]
fn a_story_told_twice_is_the_same_and_another_seed_tells_another() {
    for seed in seeds(2) {
        for net in [Net::good(), Net::bad()] {
            assert_eq!(story(seed, net.clone()), story(seed, net.clone()));
            assert_ne!(story(seed, net.clone()), story(seed + 1, net));
        }
    }
}
