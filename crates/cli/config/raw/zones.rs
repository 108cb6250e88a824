//! The parts of the file that name zones: forwarders, stubs, data of one's own.

use serde::{Deserialize, Serialize};

use super::super::units::{Domain, Upstream};

/// `[[forward]]` and `[[stub]]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ConfiguredZone {
    pub(crate) zone: Domain,
    pub(crate) addresses: Vec<Upstream>,
    #[serde(default)]
    pub(crate) first: bool,
}

/// `[local]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Local {
    pub(crate) special_names: bool,
    pub(crate) records: Vec<String>,
    pub(crate) hosts_file: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) zone: Vec<LocalZone>,
}

/// `[[local.zone]]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LocalZone {
    pub(crate) name: Domain,
    #[serde(default, rename = "type")]
    pub(crate) kind: LocalZoneKind,
    #[serde(default)]
    pub(crate) file: String,
}

/// `local.zone.type`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LocalZoneKind {
    #[default]
    Static,
    Transparent,
    Redirect,
    Refuse,
    Deny,
    NxDomain,
}

impl Default for Local {
    fn default() -> Self {
        Self { special_names: true, records: Vec::new(), hosts_file: String::new(), zone: Vec::new() }
    }
}

/// One of each list of tables, so that their keys and defaults are known although there is none by default.
pub(in super::super) fn samples() -> (ConfiguredZone, LocalZone) {
    let name = || Domain(proto::Name::root());
    let configured = ConfiguredZone { zone: name(), addresses: Vec::new(), first: false };
    (configured, LocalZone { name: name(), kind: LocalZoneKind::default(), file: String::new() })
}
