//! Packet data contexts (27.007 §10.1.1).

/// One context.
#[derive(Debug, Clone)]
pub(super) struct Context {
    pub(super) id: u8,
    pub(super) kind: Box<str>,
    pub(super) apn: Box<str>,
    pub(super) user: Box<str>,
    pub(super) password: Box<str>,
    pub(super) authentication: u8,
    /// While it is active: the APN that the network gave it, whatever is defined meanwhile.
    pub(super) bearer: Option<Box<str>>,
}

pub(super) const MOST_CONTEXTS: u8 = 15;

impl Context {
    pub(super) fn new(id: u8, kind: &str, apn: &str) -> Context {
        Context {
            id,
            kind: kind.into(),
            apn: apn.into(),
            user: "".into(),
            password: "".into(),
            authentication: 0,
            bearer: None,
        }
    }

    pub(super) fn is_active(&self) -> bool {
        self.bearer.is_some()
    }
}

/// Sorted by their identifiers, as AT+CGDCONT? lists them.
#[derive(Debug, Default)]
pub(super) struct Contexts {
    list: Vec<Context>,
}

impl Contexts {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Context> {
        self.list.iter()
    }

    pub(super) fn get(&self, id: u8) -> Option<&Context> {
        self.list.iter().find(|context| context.id == id)
    }

    pub(super) fn get_mut(&mut self, id: u8) -> Option<&mut Context> {
        self.list.iter_mut().find(|context| context.id == id)
    }

    pub(super) fn put(&mut self, context: Context) {
        match self.list.binary_search_by_key(&context.id, |known| known.id) {
            Ok(place) => {
                if let Some(known) = self.list.get_mut(place) {
                    *known = context;
                }
            }
            Err(place) => self.list.insert(place, context),
        }
    }

    pub(super) fn remove(&mut self, id: u8) {
        self.list.retain(|context| context.id != id);
    }

    pub(super) fn deactivate_all(&mut self) {
        self.list.iter_mut().for_each(|context| context.bearer = None);
    }
}
