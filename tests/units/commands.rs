//! Tests of `src/sim/modem/commands.rs` from within: what is private there.

use super::*;
use crate::catalogue::urc;
use crate::sim::{Model, Profile, models};

#[test]
fn every_profile_is_whole() {
    for Model { name, title, .. } in models() {
        let profile = Profile::of(name).unwrap();
        assert!(title.len() > 20, "{name} has no title");
        assert_eq!(profile.type_allocation.len(), 8, "{name}");
        assert!(!profile.network.operators.is_empty(), "{name}");
        for (command, entry) in &profile.commands {
            assert_eq!(*command, command.to_ascii_uppercase(), "{name}");
            let known = |does: &String| TABLES.into_iter().flatten().any(|(known, ..)| known == does);
            assert!(entry.does.as_ref().is_none_or(known), "{name}: {command}");
        }
        let commands = profile.commands.values();
        let instead = commands.clone().flat_map(|it| &it.instead).filter_map(|it| it.setting.as_ref());
        let blocks = profile.network.blocks.keys();
        let presets = profile.presets.values().flat_map(|preset| preset.keys());
        let resets = commands.clone().flat_map(|it| &it.resets);
        for setting in commands.flat_map(|it| it.sets.keys()).chain(instead).chain(blocks).chain(presets).chain(resets)
        {
            assert!(profile.setting(setting).is_some(), "{name}: {setting}");
        }
        // What is said unasked is known to be a URC: it must not become an answer.
        let lines = profile.urcs.iter().chain(profile.boot.iter().map(|line| &line.line));
        for line in lines.filter(|line| !line.is_empty()) {
            assert!(urc(line.as_bytes()).is_some(), "{name}: {line}");
        }
    }
}
