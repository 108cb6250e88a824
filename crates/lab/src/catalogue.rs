//! What there is to see in the embedded world: what to ask, what it shows, what to expect.

use proto::Question;

use crate::embedded::name;

/// One thing worth seeing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhibit {
    /// What to ask.
    pub ask: Question,
    /// What it shows, in a few words.
    pub title: &'static str,
    /// What a good resolver answers.
    pub expect: &'static str,
}

/// Name, type, title, expectation.
const EXHIBITS: &[(&str, &str, &str, &str)] = &[
    ("www.naver.com.", "A", "the example of the study notes", "12.123.123.123"),
    ("naver.com.", "NS", "four name servers", "ns1 to ns4.naver.com"),
    ("naver.com.", "MX", "mail servers", "10 mail.naver.com, 20 mail2.naver.com"),
    ("naver.com.", "TXT", "a text record", "v=spf1 ..."),
    ("big.naver.com.", "TXT", "over 4 KB, so TCP", "17 strings, 4250 octets"),
    ("123.123.123.12.in-addr.arpa.", "PTR", "reverse name (dig -x 12.123.123.123)", "www.naver.com"),
    ("1.0.53.127.in-addr.arpa.", "PTR", "reverse name of a root server of the lab", "a.root-servers.net"),
    ("m.naver.com.", "A", "alias inside a zone", "CNAME www.naver.com, 12.123.123.123"),
    ("hosted.rootwalk.io.", "A", "hosted zone: ALIAS at the apex", "the two addresses of lb.hosting.com"),
    ("api.hosted.rootwalk.io.", "A", "hosted zone: four servers under four top-level domains", "CNAME, two addresses"),
    ("_sip._tcp.hosted.rootwalk.io.", "SRV", "hosted zone: a service", "10 60 5060 sip.hosted.rootwalk.io"),
    ("hosted.rootwalk.io.", "CAA", "hosted zone: who may issue certificates", "0 issue ca.hosting.com"),
    ("any.wild.rootwalk.net.", "A", "wildcard", "198.51.100.50"),
    ("here.wild.rootwalk.net.", "A", "a name that exists below a wildcard", "198.51.100.51"),
    ("any.there.wild.rootwalk.net.", "A", "a wildcard stops at names that exist", "NXDOMAIN"),
    ("b.ent.rootwalk.net.", "A", "empty non-terminal", "NODATA"),
    ("a.b.c.d.e.f.g.h.i.deep.rootwalk.net.", "A", "deeper than minimisation goes", "198.51.100.61"),
    ("nobody-here.rootwalk.net.", "A", "a name that does not exist", "NXDOMAIN with SOA"),
    ("www.rootwalk.net.", "MX", "a type that does not exist", "NODATA with SOA"),
    ("alias3.rootwalk.net.", "A", "CNAME over three zones", "rootwalk.io, shop.co.kr, 198.51.100.100"),
    ("chain01.rootwalk.net.", "A", "eleven aliases", "198.51.100.40"),
    ("endless01.rootwalk.net.", "A", "eighteen aliases: too many", "SERVFAIL"),
    ("loop-a.rootwalk.net.", "A", "CNAME loop over two zones", "SERVFAIL"),
    ("self.rootwalk.net.", "A", "CNAME to itself", "SERVFAIL"),
    ("dangling.rootwalk.net.", "A", "alias of a name that does not exist", "CNAME, NXDOMAIN"),
    ("www.old.rootwalk.net.", "A", "DNAME", "DNAME, CNAME, 198.51.100.70"),
    ("www.moved.rootwalk.net.", "A", "DNAME to another zone", "DNAME, CNAME, 198.51.100.90"),
    ("www.toolong.rootwalk.net.", "A", "DNAME that makes the name too long", "YXDOMAIN or SERVFAIL"),
    ("short.rootwalk.net.", "A", "a TTL of 5 seconds", "198.51.100.80"),
    ("week.rootwalk.net.", "A", "a TTL of 7 days, kept for one", "TTL 86400"),
    ("zero.rootwalk.net.", "A", "a TTL of 0", "198.51.100.82, never from the cache"),
    ("mid.rootwalk.net.", "TXT", "over 512 octets: fits with EDNS", "6 strings"),
    ("bigtxt.rootwalk.net.", "TXT", "over 1232 octets: TCP", "12 strings"),
    ("many.rootwalk.net.", "A", "forty addresses", "40 records"),
    ("svc.rootwalk.net.", "HTTPS", "a service binding", "1 . alpn=h2,h3"),
    ("www.v6.rootwalk.net.", "A", "IPv6-only servers", "198.51.100.150"),
    ("www.onedead.rootwalk.net.", "A", "one dead server of three", "198.51.100.151"),
    ("www.alldead.rootwalk.net.", "A", "all servers dead", "SERVFAIL"),
    ("www.lame.rootwalk.net.", "A", "lame delegation", "SERVFAIL"),
    ("www.partlylame.rootwalk.net.", "A", "two lame servers, one good", "198.51.100.154"),
    ("www.oddlylame.rootwalk.net.", "A", "lame in four rarer ways, one good", "198.51.100.155"),
    ("www.noedns.rootwalk.net.", "A", "a server that rejects EDNS", "198.51.100.156"),
    ("www.muteedns.rootwalk.net.", "A", "a server that ignores queries with EDNS", "198.51.100.157"),
    ("www.badvers.rootwalk.net.", "A", "a server that says BADVERS", "198.51.100.158"),
    ("www.slow.rootwalk.net.", "A", "a slow server (600 ms)", "198.51.100.159"),
    ("www.case.rootwalk.net.", "A", "a server that breaks 0x20", "198.51.100.160"),
    ("www.tc.rootwalk.net.", "A", "a server that always truncates", "198.51.100.161"),
    ("c.b.a.denial.rootwalk.net.", "A", "NXDOMAIN for empty non-terminals", "198.51.100.200"),
    ("www.disagree.rootwalk.net.", "A", "parent and child name different servers", "198.51.100.163"),
    ("www.liar.rootwalk.net.", "A", "a server that tells lies about other zones", "198.51.100.164 and nothing else"),
    ("www.severalns.rootwalk.net.", "A", "several NS sets in one reply", "198.51.100.165"),
    ("www.cookie.rootwalk.net.", "A", "a server that demands DNS cookies", "198.51.100.166"),
    ("www.spoofed.rootwalk.net.", "A", "forged replies come first", "198.51.100.167"),
    ("www.idflood.rootwalk.net.", "A", "a flood of replies with wrong IDs", "198.51.100.168"),
    ("www.glueless.rootwalk.net.", "A", "glueless in two steps", "198.51.100.180"),
    ("www.ring-a.com.", "A", "delegation loop", "SERVFAIL"),
    ("lb.hosting.com.", "A", "partly glueless delegation", "two addresses"),
    ("www.xn--hq1bm8jm9l.kr.", "A", "a name in Korean script (punycode)", "198.51.100.110"),
    ("n123456.gen.rootwalk.net.", "A", "names made by rule, for load tests", "11.1.226.64"),
];

pub(crate) fn exhibits() -> Vec<Exhibit> {
    let exhibit = |&(owner, rtype, title, expect): &(&str, &str, &'static str, &'static str)| Exhibit {
        ask: Question::new(name(owner), rtype.parse().expect("a type written in this file")),
        title,
        expect,
    };
    EXHIBITS.iter().map(exhibit).collect()
}
