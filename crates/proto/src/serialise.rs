//! Serialisation for traces: names and codes as text, RRsets as owner, TTL, type and data in presentation form.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::{Ede, Name, Question, Rcode, RrType, Rrset, rdata};

macro_rules! as_text {
    ($($type:ty),*) => {
        $(impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        })*
    };
}

as_text!(Name, RrType, Rcode, Question);

impl Serialize for Rrset {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Rrset", 4)?;
        out.serialize_field("name", &self.name)?;
        out.serialize_field("ttl", &self.ttl)?;
        out.serialize_field("type", &self.rtype)?;
        let data: Vec<String> = self.rdatas.iter().map(|field| rdata::present(self.rtype, field)).collect();
        out.serialize_field("data", &data)?;
        out.end()
    }
}

impl Serialize for Ede {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Ede", 3)?;
        out.serialize_field("code", &self.code.0)?;
        out.serialize_field("name", &self.code.to_string())?;
        out.serialize_field("text", &self.text)?;
        out.end()
    }
}
