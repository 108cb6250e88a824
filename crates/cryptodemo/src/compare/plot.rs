//! The plot: time for a message over its length, both axes logarithmic, as SVG.

use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{CLAIM, Measured, Side, algorithms, fastest, sizes, tables};
use crate::bench::{Environment, Operation};
use crate::error::{Error, Result};
use crate::report;

const WIDTH: i32 = 1000;
const HEIGHT: i32 = 700;
const LEFT: i32 = 96;
const RIGHT: i32 = 250;
const TOP: i32 = 66;
const BOTTOM: i32 = 150;
/// Least distance of two names beside the lines.
const NAME_HEIGHT: i32 = 18;

/// Colours that people with any colour vision tell apart (Okabe and Ito, 2008).
const PUBLIC: [RGBColor; 3] = [RGBColor(230, 159, 0), RGBColor(213, 94, 0), RGBColor(130, 20, 20)];
const SYMMETRIC: [RGBColor; 4] =
    [RGBColor(0, 114, 178), RGBColor(86, 180, 233), RGBColor(0, 158, 115), RGBColor(204, 121, 167)];
const INK: RGBColor = RGBColor(40, 40, 40);
const GRID: RGBColor = RGBColor(225, 225, 225);
const FAINT: RGBColor = RGBColor(120, 120, 120);

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stroke {
    Solid,
    Dashed,
    Dotted,
}

struct Line {
    name: String,
    color: RGBColor,
    stroke: Stroke,
    /// Bytes and nanoseconds.
    points: Vec<(f64, f64)>,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

/// Where bytes and nanoseconds lie in the picture.
struct Chart {
    bytes: (f64, f64),
    nanoseconds: (f64, f64),
}

impl Chart {
    const START: (i32, i32) = (LEFT, TOP);
    const END: (i32, i32) = (WIDTH - RIGHT, HEIGHT - BOTTOM);

    fn x(&self, bytes: f64) -> i32 {
        Self::START.0 + pixels(report::log_share(bytes, self.bytes.0, self.bytes.1), Self::END.0 - Self::START.0)
    }

    fn y(&self, nanoseconds: f64) -> i32 {
        let share = report::log_share(nanoseconds, self.nanoseconds.0, self.nanoseconds.1);
        Self::END.1 - pixels(share, Self::END.1 - Self::START.1)
    }

    fn at(&self, point: &(f64, f64)) -> (i32, i32) {
        (self.x(point.0), self.y(point.1))
    }
}

fn pixels(share: f64, length: i32) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "within the picture")]
    let pixels = (share * f64::from(length)).round() as i32;
    pixels
}

/// The plot of the measurements.
///
/// # Errors
/// [`Error::Usage`] if there is nothing to draw.
pub fn svg(all: &[Measured], environment: &Environment) -> Result<String> {
    let lines = lines(all);
    if lines.is_empty() {
        return Err(Error::Usage("nothing was measured that could be drawn".to_owned()));
    }
    let mut text = String::new();
    draw(&mut text, &lines, all, environment).map_err(|error| Error::Usage(format!("the plot fails: {error}")))?;
    // A name for those who hear the picture instead of seeing it.
    let title = "<title>Time per message of RSA and of symmetric ciphers, over the length of the message</title>";
    let end = text.find('>').map_or(0, |place| place + 1);
    text.insert_str(end, title);
    Ok(text)
}

type Drawn = std::result::Result<(), Box<dyn std::error::Error>>;

fn draw(text: &mut String, lines: &[Line], all: &[Measured], environment: &Environment) -> Drawn {
    let area = SVGBackend::with_string(text, (WIDTH.unsigned_abs(), HEIGHT.unsigned_abs())).into_drawing_area();
    area.fill(&WHITE)?;
    let sizes = sizes(all);
    let points = || lines.iter().flat_map(|line| &line.points);
    let lowest = points().map(|point| point.1).fold(f64::INFINITY, f64::min);
    let highest = points().map(|point| point.1).fold(0.0, f64::max);
    let powers = power_below(lowest)..=power_below(highest) + 1;
    let chart = Chart {
        bytes: (to_f64(sizes[0]) / 1.5, to_f64(sizes[sizes.len() - 1]) * 1.5),
        nanoseconds: (10_f64.powi(*powers.start()), 10_f64.powi(*powers.end())),
    };
    grid(&area, &chart, &sizes, powers)?;
    for line in lines {
        stroke(&area, &chart, line)?;
    }
    names(&area, &chart, lines)?;
    words(&area, all, environment)?;
    area.present()?;
    Ok(())
}

/// The lines: RSA in both directions, the ciphers, and where 1000 times the fastest cipher lies.
fn lines(all: &[Measured]) -> Vec<Line> {
    let line = |name: &str, operation: Operation, color, stroke| {
        let found: Vec<&Measured> =
            sizes(all).into_iter().filter_map(|bytes| fastest(all, name, operation, bytes)).collect();
        let backend = found.last()?.backend;
        Some(Line {
            name: format!("{name} {operation} ({backend})"),
            color,
            stroke,
            points: found.iter().map(|m| (to_f64(m.bytes), m.nanoseconds)).collect(),
        })
    };
    let mut lines = Vec::new();
    for (name, color) in algorithms(all, Side::PublicKey).into_iter().zip(PUBLIC.iter().cycle()) {
        lines.extend(line(name, Operation::Decrypt, *color, Stroke::Solid));
        lines.extend(line(name, Operation::Encrypt, *color, Stroke::Dashed));
    }
    for (name, color) in algorithms(all, Side::Symmetric).into_iter().zip(SYMMETRIC.iter().cycle()) {
        lines.extend(line(name, Operation::Encrypt, *color, Stroke::Solid));
    }
    if let Some(first) = algorithms(all, Side::Symmetric).first() {
        lines.extend(line(first, Operation::Encrypt, FAINT, Stroke::Dotted).map(|mut claim| {
            claim.name = format!("1000 times {first}");
            claim.points.iter_mut().for_each(|point| point.1 *= CLAIM);
            claim
        }));
    }
    lines
}

fn grid(area: &Area<'_>, chart: &Chart, sizes: &[u64], powers: std::ops::RangeInclusive<i32>) -> Drawn {
    let ((left, top), (right, bottom)) = (Chart::START, Chart::END);
    let small = |h, v| TextStyle::from(("sans-serif", 15).into_font()).color(&INK).pos(Pos::new(h, v));
    for power in powers {
        let value = 10_f64.powi(power);
        let y = chart.y(value);
        area.draw(&PathElement::new(vec![(left, y), (right, y)], GRID.stroke_width(1)))?;
        area.draw(&Text::new(power_name(value), (left - 10, y), small(HPos::Right, VPos::Center)))?;
    }
    for bytes in sizes {
        let x = chart.x(to_f64(*bytes));
        area.draw(&PathElement::new(vec![(x, top), (x, bottom)], GRID.stroke_width(1)))?;
        area.draw(&Text::new(report::size(*bytes), (x, bottom + 8), small(HPos::Center, VPos::Top)))?;
    }
    area.draw(&PathElement::new(vec![(left, top), (left, bottom), (right, bottom)], INK.stroke_width(1)))?;
    let middle = ((left + right) / 2, bottom + 32);
    area.draw(&Text::new("length of the message (logarithmic)", middle, small(HPos::Center, VPos::Top)))?;
    let turned = TextStyle::from(("sans-serif", 15).into_font().transform(FontTransform::Rotate270))
        .color(&INK)
        .pos(Pos::new(HPos::Center, VPos::Top));
    area.draw(&Text::new("time per message (logarithmic)", (10, (top + bottom) / 2), turned))?;
    Ok(())
}

fn stroke(area: &Area<'_>, chart: &Chart, line: &Line) -> Drawn {
    let style = line.color.stroke_width(2);
    let points: Vec<(i32, i32)> = line.points.iter().map(|point| chart.at(point)).collect();
    match line.stroke {
        Stroke::Solid => area.draw(&PathElement::new(points, style))?,
        Stroke::Dashed => area.draw(&DashedPathElement::new(points, 8, 5, style))?,
        Stroke::Dotted => area.draw(&DashedPathElement::new(points, 2, 4, style))?,
    }
    if line.stroke != Stroke::Dotted {
        for point in &line.points {
            area.draw(&Circle::new(chart.at(point), 3, line.color.filled()))?;
        }
    }
    Ok(())
}

/// The name of each line at its right end, moved apart where they would overlap.
fn names(area: &Area<'_>, chart: &Chart, lines: &[Line]) -> Drawn {
    let mut ends: Vec<(&Line, (i32, i32))> =
        lines.iter().filter_map(|line| line.points.last().map(|point| (line, chart.at(point)))).collect();
    ends.sort_by_key(|(_, end)| end.1);
    let places = apart(&ends.iter().map(|(_, end)| end.1).collect::<Vec<_>>(), NAME_HEIGHT);
    let x = Chart::END.0 + 12;
    for ((line, end), y) in ends.into_iter().zip(places) {
        area.draw(&PathElement::new(vec![(end.0 + 5, end.1), (x - 3, y)], line.color.mix(0.5).stroke_width(1)))?;
        let style =
            TextStyle::from(("sans-serif", 14).into_font()).color(&line.color).pos(Pos::new(HPos::Left, VPos::Center));
        area.draw(&Text::new(line.name.clone(), (x, y), style))?;
    }
    Ok(())
}

fn words(area: &Area<'_>, all: &[Measured], environment: &Environment) -> Drawn {
    let heading = TextStyle::from(("sans-serif", 21).into_font().style(FontStyle::Bold)).color(&INK);
    area.draw(&Text::new("Is public key \"about 1000 times slower\"?", (LEFT, 14), heading))?;
    let small = TextStyle::from(("sans-serif", 13).into_font()).color(&FAINT);
    let under = "Fastest backend for each point. Solid: RSA decrypts, ciphers encrypt; dashed: RSA encrypts.";
    area.draw(&Text::new(under, (LEFT, 42), small.clone()))?;
    let mut notes = tables::method(all);
    notes.push(environment.headline());
    for (y, note) in (HEIGHT - BOTTOM + 66..).step_by(18).zip(notes) {
        area.draw(&Text::new(note, (LEFT, y), small.clone()))?;
    }
    Ok(())
}

/// Moves places that are in order apart to at least that distance, about where they were.
fn apart(places: &[i32], distance: i32) -> Vec<i32> {
    let mut moved = places.to_vec();
    // Each pass halves what overlaps; places are few.
    for _ in 0..100 {
        for index in 1..moved.len() {
            let overlap = distance - (moved[index] - moved[index - 1]);
            if overlap > 0 {
                moved[index - 1] -= overlap / 2;
                moved[index] += overlap - overlap / 2;
            }
        }
    }
    moved
}

fn power_below(value: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "times are within 10^-3 and 10^15 nanoseconds")]
    let power = value.log10().floor() as i32;
    power
}

/// `10 ns`, `1 ms`, `100 s`.
fn power_name(nanoseconds: f64) -> String {
    let units = [(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns"), (1e-3, "ps")];
    let (unit, name) = units.into_iter().find(|(unit, _)| nanoseconds >= unit * 0.999).unwrap_or((1e-3, "ps"));
    format!("{:.0} {name}", nanoseconds / unit)
}

#[expect(clippy::cast_precision_loss, reason = "sizes are below 2^52 bytes")]
const fn to_f64(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::super::examples;
    use super::*;

    /// Checks that tags close in order; enough for what a drawing library may get wrong about text.
    pub(super) fn tags(text: &str) -> Vec<String> {
        let (mut open, mut seen) = (Vec::new(), Vec::new());
        let mut rest = text;
        while let Some(start) = rest.find('<') {
            let end = start + rest[start..].find('>').expect("a tag ends");
            let tag = &rest[start + 1..end];
            assert!(!tag.contains('<'), "a bare < in {tag}");
            assert_eq!(tag.matches('"').count() % 2, 0, "a quote is open in {tag}");
            let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap_or_default().to_owned();
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(name), "tags cross");
            } else if !tag.ends_with('/') && !tag.starts_with(['?', '!']) {
                open.push(name.clone());
                seen.push(name);
            } else {
                seen.push(name);
            }
            rest = &rest[end + 1..];
        }
        assert!(open.is_empty(), "{open:?} never close");
        seen
    }

    #[test]
    fn the_plot_is_well_formed_and_names_its_axes_and_lines() {
        let mut environment = Environment::look();
        environment.cpu = "A & B <fast> \"CPU\"".to_owned();
        let text = svg(&examples::all(), &environment).expect("there is something to draw");
        let tags = tags(&text);
        assert_eq!(tags[0], "svg");
        assert!(!text.contains("A & B"), "an ampersand is not escaped");
        for word in [
            "length of the message (logarithmic)",
            "time per message (logarithmic)",
            "rsa-2048 decrypt (aws-lc)",
            "rsa-4096 encrypt (rust)",
            "seed-cbc encrypt (rust)",
            "1000 times aes-256-gcm",
            "64 KiB",
            "10 ms",
            "Medians of interleaved rounds",
        ] {
            assert!(text.contains(word), "{word} is not in the plot");
        }
        // A mark at each point: 4 lines of RSA and 2 of ciphers by 5 sizes.
        assert_eq!(tags.iter().filter(|tag| *tag == "circle").count(), 30);
    }

    #[test]
    fn nothing_measured_is_nothing_drawn() {
        assert_eq!(svg(&[], &Environment::look()).map_err(|error| error.exit_code()), Err(2));
    }

    #[test]
    fn names_are_moved_apart() {
        for (places, expect) in [(vec![10, 100], vec![10, 100]), (vec![50, 50], vec![41, 59]), (vec![], vec![])] {
            assert_eq!(apart(&places, 18), expect);
        }
        for pair in apart(&[50, 50, 51, 52, 60], 18).windows(2) {
            assert!(pair[1] - pair[0] >= 17, "{pair:?}");
        }
    }
}
