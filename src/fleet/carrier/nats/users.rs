//! Who may do what on the server, as a part of its configuration file. A gateway reads its own order and every bundle,
//! writes its own results and its own presence, and hears what is said to it. The operator does the rest.

use std::collections::BTreeMap;

use super::{JSZ, OPERATOR, wake};
use crate::batch::inventory::FleetGateway;
use crate::fleet::nkey::{self, KeyKind};

/// What to include at the top of the server's file, and what is to be said of it.
pub fn configuration(
    fleet: &str,
    operator: &str,
    gateways: &[FleetGateway],
) -> Result<(String, Option<&'static str>), String> {
    let gateways: Vec<(&str, &str)> =
        gateways.iter().map(|it| (it.name.as_str(), it.key.as_deref().unwrap_or_default())).collect();
    let mut owners = BTreeMap::new();
    for (name, key) in std::iter::once(&("the operator", operator)).chain(&gateways) {
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
    for (name, key) in &gateways {
        let may_publish = [
            format!("{fleet}.res.*.{name}.>"),
            format!("{fleet}.gw.{name}"),
            format!("$JS.API.DIRECT.GET.{fleet}_GW.{fleet}.*.{name}"),
            format!("$JS.API.DIRECT.GET.{fleet}_BLOB.>"),
        ];
        users.push_str(&user(name, key, &may_publish.each_ref().map(String::as_str), name));
    }
    let alone = "note: the inventory has no [[gateway]]: the operator alone may connect. `hayes agent enroll` prints the \
                 table of each gateway\n";
    let text = format!(
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
    );
    Ok((text, gateways.is_empty().then_some(alone)))
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
