//! The effective configuration as a file that says the same.

use std::path::Path;

use super::check::Config;

impl Config {
    /// TOML with every key of this version; [`super::load`] of it gives the same configuration.
    pub(crate) fn to_toml(&self, file: Option<&Path>) -> String {
        let source = file.map_or_else(|| "the defaults".to_owned(), |file| file.display().to_string());
        let body = toml::to_string(&self.raw).expect("the configuration is plain TOML values");
        format!("# The effective configuration of rootwalk, from {source}.\n\n{body}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn what_is_shown_reads_back_as_the_same() {
        let file = Path::new("t.toml");
        for text in [
            "",
            "[server]\nlisten = [\"127.0.0.1:53\"]\nidentity = \"a \\\"b\\\"\"\nlog = \"off\"\n[server.access]\nallow = []",
            "[cache]\nsize = \"1GiB\"\nmax-ttl = \"90m\"\n[resolver.limits]\ndepth = 3\nclient-deadline = \"1500ms\"",
            "[dnssec]\ntrust-anchors = [\". IN DS 1 8 2 00\"]\nnegative-trust-anchors = [\"a. until 2026-12-24T00:00:00Z\"]",
            "[[forward]]\nzone = \".\"\naddresses = [\"192.0.2.1\", \"192.0.2.2:5353\"]\n[[forward]]\nzone = \"a.\"\naddresses = [\"::1\"]\nfirst = true",
            "[dns64]\nprefix = \"64:ff9b::/96\"\n[[stub]]\nzone = \"corp.example\"\naddresses = [\"192.0.2.53\"]",
            "[local]\nrecords = [\"a. A 192.0.2.1\"]\n[[local.zone]]\nname = \"b.\"\n[[local.zone]]\nname = \"c.\"\ntype = \"nxdomain\"",
            "[resolver]\ndo-not-query = [\"10.1.2.3/8\"]\nipv6 = false\nqname-minimisation = \"strict\"\nprefetch = false",
        ] {
            let config = parse(text, file, None).unwrap();
            let shown = config.to_toml(Some(file));
            let again = parse(&shown, file, None).unwrap();
            assert_eq!(again.raw, config.raw, "{shown}");
            assert_eq!(again.to_toml(Some(file)), shown);
        }
    }
}
