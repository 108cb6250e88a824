//! All by RSA against hybrid, and the forms of the exchange side by side.

use super::layout::{factor, heading, share, time, wrapped};
use crate::cli::Output;
use crate::exchange::{Costs, FormCost};
use crate::report;

/// All by RSA against hybrid.
pub(super) fn costs(output: &Output, costs: &Costs) -> Vec<String> {
    let mut lines = heading(output, "The same message all by RSA, against hybrid");
    let (rsa, hybrid) = (&costs.all_rsa, &costs.hybrid);
    let text = format!(
        "RSA-OAEP takes at most {} bytes at a time here, so the message takes {} chunks.",
        rsa.chunk_bytes, rsa.chunks
    );
    lines.extend(wrapped(output, "", &text));
    let each = format!(
        "median of a chunk {} to encrypt and {} to decrypt, times {} below.",
        time(rsa.chunk_encrypt_ns),
        time(rsa.chunk_decrypt_ns),
        rsa.chunks
    );
    let text = if rsa.extrapolated {
        format!("Extrapolated from a sample of {} of the {} chunks: {each}", rsa.sample_chunks, rsa.chunks)
    } else {
        format!("All {} were measured: {each}", rsa.chunks)
    };
    lines.extend(wrapped(output, "", &text));
    lines.push(String::new());
    lines.push(format!("{:<10} {:>11} {:>11} {:>11}", "", "all RSA", "hybrid", "factor"));
    let rows = [
        ("encrypt", time(rsa.encrypt_ns), time(hybrid.encrypt_ns), costs.encrypt_factor),
        ("decrypt", time(rsa.decrypt_ns), time(hybrid.decrypt_ns), costs.decrypt_factor),
        ("bytes", rsa.bytes.to_string(), hybrid.bytes.to_string(), costs.bytes_factor),
    ];
    for (name, one, other, times) in rows {
        lines.push(format!("{name:<10} {one:>11} {other:>11} {:>11}", factor(times)));
    }
    lines.push(String::new());
    let slowest = rsa.decrypt_ns.max(hybrid.decrypt_ns);
    for (name, took) in [("all RSA", rsa.decrypt_ns), ("hybrid", hybrid.decrypt_ns)] {
        let bar = report::bar(share(took, slowest), 50);
        lines.push(format!("decrypt, {name:<8} {:>9} {bar}", time(took)));
    }
    let text = format!(
        "Hybrid is one RSA operation and AES-256-GCM over the rest; keys are ready on both sides, as RSA's are. Making the \
         AES key ready takes {} more for A (with a fresh key and nonce) and {} for B. Medians of {} runs, in turns with \
         the chunks.",
        time(hybrid.encrypt_setup_ns),
        time(hybrid.decrypt_setup_ns),
        hybrid.rounds
    );
    lines.extend(wrapped(output, "", &text));
    lines
}

/// The forms of the exchange side by side.
pub(super) fn forms(output: &Output, forms: &[FormCost]) -> Vec<String> {
    let mut lines = heading(output, "What replaced it: from nothing to keys on both sides");
    let row = |cells: [&str; 6]| {
        let [form, a, b, bytes, forward, quantum] = cells;
        let line = format!("{form:<15} {a:>9} {b:>9} {bytes:>7}  {forward:<14} {quantum}");
        line.trim_end().to_owned()
    };
    lines.push(row(["form", "time A", "time B", "bytes", "key stolen:", "quantum later:"]));
    lines.push(row(["", "", "", "", "past safe?", "past safe?"]));
    for form in forms {
        lines.push(row([
            form.form.name(),
            &time(form.a_ns),
            &time(form.b_ns),
            &form.bytes.to_string(),
            if form.forward_secret { "yes" } else { "no" },
            if form.post_quantum { "yes, as known" } else { "no" },
        ]));
    }
    let rounds = forms.first().map_or(0, |form| form.rounds);
    let text = format!(
        "Medians of {rounds} rounds in turns. All bytes of the exchange are counted, with the certificate; A's time has the \
         check of the certificate in it. X25519 and X25519MLKEM768: both sides make keys for this session alone, B signs \
         both shares with the certificate's key (RSA-PSS), HKDF-SHA-256 makes a key per direction. \"Key stolen\" is what \
         the thief below found (forward secrecy). \"Quantum later\" is today's knowledge, not measured: who records now \
         and has a quantum computer one day breaks RSA and X25519, and ML-KEM-768 not as far as is known."
    );
    lines.extend(wrapped(output, "", &text));
    lines
}
