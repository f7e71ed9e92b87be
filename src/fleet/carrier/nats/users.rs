//! Who may do what on the server, as a part of its configuration file. A gateway reads its own order and every bundle,
//! writes its own results and its own presence, and hears what is said to it. The operator does the rest.

use std::collections::BTreeMap;

use super::{JSZ, OPERATOR, wake};
use crate::fleet::nkey::{self, KeyKind};

/// What to include at the top of the server's file. `gateways`: their names, and their public keys as text.
pub fn configuration(fleet: &str, operator: &str, gateways: &[(&str, &str)]) -> Result<String, String> {
    let mut owners = BTreeMap::new();
    for (name, key) in std::iter::once(&("the operator", operator)).chain(gateways) {
        if key.is_empty() {
            return Err(format!("{name} has no key: `hayes agent enroll` prints it for the inventory"));
        }
        nkey::read(KeyKind::User, key).map_err(|why| format!("{name}: {why}"))?;
        if let Some(other) = owners.insert(*key, *name) {
            return Err(format!("{name} has the key of {other}: each needs one of its own"));
        }
    }
    let may_publish = [&format!("{fleet}.>"), "$JS.API.>", JSZ, &wake("*")];
    let mut users = user("the operator", operator, &may_publish, OPERATOR);
    for (name, key) in gateways {
        let may_publish = [
            format!("{fleet}.res.*.{name}.>"),
            format!("{fleet}.gw.{name}"),
            format!("$JS.API.DIRECT.GET.{fleet}_GW.{fleet}.*.{name}"),
            format!("$JS.API.DIRECT.GET.{fleet}_BLOB.>"),
        ];
        users.push_str(&user(name, key, &may_publish.each_ref().map(String::as_str), name));
    }
    Ok(format!(
        "# The users of the fleet {fleet}, as hayes fleet nats-config has written them: include this file in the server's.\n\
         system_account: SYS\n\
         accounts {{\n  \
           SYS {{ exports: [ {{ service: \"{JSZ}\" }} ] }}\n  \
           \"{fleet}\" {{\n    \
             jetstream: enabled\n    \
             # Shows the operator, and nobody else, whether the server syncs always.\n    \
             imports: [ {{ service: {{ account: SYS, subject: \"{JSZ}\" }} }} ]\n    \
             users: [\n{users}    ]\n  \
           }}\n\
         }}\n"
    ))
}

/// A user. All that it hears stands under its inbox: each word of a permission costs the server some 500 bytes a
/// connection.
fn user(name: &str, key: &str, publish: &[&str], inbox: &str) -> String {
    let publish = publish.join("\", \"");
    format!(
        "      # {name}\n      {{ nkey: {key}, permissions: {{\n        publish: [ \"{publish}\" ]\n        \
         subscribe: \"_INBOX.{inbox}.>\" }} }}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_wrong_or_shared_are_refused() {
        let key = nkey::written(KeyKind::User, &[1; 32]);
        let other = nkey::written(KeyKind::User, &[2; 32]);
        let told = configuration("acme", &key, &[("gw-1", &other), ("gw-2", &other)]).unwrap_err();
        assert_eq!(told, "gw-2 has the key of gw-1: each needs one of its own");
        let told = configuration("acme", &key, &[("gw-1", "U123")]).unwrap_err();
        assert!(told.starts_with("gw-1: "), "{told}");
        assert!(configuration("acme", &key, &[("gw-1", &other)]).unwrap().contains("acme.*.gw-1"));
    }
}
