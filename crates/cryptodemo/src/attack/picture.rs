//! ECB on a picture: what the eye sees of the pixels after encryption.
//!
//! The pixels' bytes (red, green, blue, row by row) are encrypted and shown as pixels again. Transparency is drawn over
//! white first; all kinds of PNG become 8 bits per colour.

use png::{BitDepth, ColorType, Decoder, Encoder, Limits, Transformations};
use serde::Serialize;

use crate::aead::{self, AeadAlgorithm, Nonce};
use crate::error::Error;
use crate::legacy::{self, BlockCipher, LegacyAlgorithm, Mode};
use crate::{Result, Secret};

/// Most pixels of a picture, all panels together: memory stays below some hundred megabytes.
pub const MAX_PIXELS: u64 = 16 << 20;

const BLOCK_LEN: usize = 16;
const CHANNELS: usize = 3;

/// A picture in red, green and blue, one byte each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

/// What is done to the pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Panel {
    /// Nothing
    Plain,
    /// AES-128-ECB
    Ecb,
    /// AES-128-CBC
    Cbc,
    /// AES-128-GCM
    Gcm,
}

impl Panel {
    /// The pixels encrypted under a fresh key. What a padded mode has beyond the pixels' length is left out.
    ///
    /// # Errors
    /// None that could be foreseen: keys are made here.
    pub fn apply(self, pixels: &[u8]) -> Result<Vec<u8>> {
        let secret = Secret::random(16);
        let legacy = |mode| {
            let algorithm = LegacyAlgorithm { cipher: BlockCipher::Aes128, mode };
            let mut iv = vec![0; algorithm.iv_len()];
            crate::random::fill(&mut iv);
            let mut encrypted = legacy::key(algorithm, &secret)?.encrypt(&iv, pixels)?;
            encrypted.truncate(pixels.len());
            Ok(encrypted)
        };
        match self {
            Self::Plain => Ok(pixels.to_vec()),
            Self::Ecb => legacy(Mode::Ecb),
            Self::Cbc => legacy(Mode::Cbc),
            Self::Gcm => {
                let mut encrypted = pixels.to_vec();
                aead::key(AeadAlgorithm::Aes128Gcm, &secret)?.seal(Nonce::random(), &[], &mut encrypted);
                Ok(encrypted)
            }
        }
    }
}

/// Whole blocks, and how many of them had been there before.
#[must_use]
pub fn repeated_blocks(bytes: &[u8]) -> (usize, usize) {
    let (blocks, _) = bytes.as_chunks::<BLOCK_LEN>();
    let mut sorted = blocks.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    (blocks.len(), blocks.len() - sorted.len())
}

impl Picture {
    /// Width in pixels.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// The bytes of the pixels, row by row.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The same picture with other bytes.
    ///
    /// # Panics
    /// If their number is another.
    #[must_use]
    pub fn with_pixels(&self, pixels: Vec<u8>) -> Self {
        assert_eq!(pixels.len(), self.pixels.len(), "one picture, one size");
        Self { pixels, ..*self }
    }

    /// A padlock on a plain ground, for those who have no picture at hand.
    #[must_use]
    pub fn padlock() -> Self {
        const SIDE: u32 = 256;
        let colour = |x: u32, y: u32| -> [u8; CHANNELS] {
            let (across, down) = (i64::from(x) - 128, i64::from(y) - 104);
            let from_centre = across.pow(2) + down.pow(2);
            let bow = down <= 0 && (44 * 44..=64 * 64).contains(&from_centre);
            let hole = across.pow(2) + (i64::from(y) - 150).pow(2) <= 12 * 12
                || (across.abs() <= 5 && (150..186).contains(&y));
            match () {
                () if hole => [40, 40, 48],
                () if (56..200).contains(&x) && (104..216).contains(&y) => [214, 158, 46],
                () if bow => [110, 118, 129],
                () => [238, 242, 246],
            }
        };
        let pixels = (0..SIDE).flat_map(|y| (0..SIDE).flat_map(move |x| colour(x, y))).collect();
        Self { width: SIDE, height: SIDE, pixels }
    }

    /// Reads a PNG of any kind.
    ///
    /// # Errors
    /// [`Error::Malformed`] if it is none, ends too early, or has more than [`MAX_PIXELS`] pixels.
    pub fn decode(what: &str, bytes: &[u8]) -> Result<Self> {
        let malformed = |error: png::DecodingError| Error::malformed(what, format!("no usable PNG: {error}"));
        // Text and colour profiles may not grow beyond this; the pixels are bounded below.
        let limits = Limits { bytes: 64 << 20 };
        let mut decoder = Decoder::new_with_limits(std::io::Cursor::new(bytes), limits);
        decoder.set_transformations(Transformations::normalize_to_color8());
        let header = decoder.read_header_info().map_err(malformed)?;
        let (width, height) = (header.width, header.height);
        let count = u64::from(width) * u64::from(height);
        if count > MAX_PIXELS {
            return Err(Error::malformed(what, format!("{count} pixels are too many; the most is {MAX_PIXELS}")));
        }
        let mut reader = decoder.read_info().map_err(malformed)?;
        let too_large = || Error::malformed(what, "the picture does not fit into memory");
        let mut buffer = vec![0; reader.output_buffer_size().ok_or_else(too_large)?];
        let frame = reader.next_frame(&mut buffer).map_err(malformed)?;
        // The rest of the file: a checksum or an ending that is missing there means a damaged file.
        reader.finish().map_err(malformed)?;
        let pixels = rgb(frame.color_type, &buffer[..frame.buffer_size()])
            .filter(|pixels| pixels.len() as u64 == count * CHANNELS as u64)
            .ok_or_else(|| Error::malformed(what, "a kind of PNG that is not known here"))?;
        Ok(Self { width, height, pixels })
    }

    /// Writes a PNG.
    ///
    /// # Panics
    /// Never: a vector takes everything.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, self.width, self.height);
        encoder.set_color(ColorType::Rgb);
        encoder.set_depth(BitDepth::Eight);
        let mut writer = encoder.write_header().expect("a vector takes everything");
        writer.write_image_data(&self.pixels).expect("as many bytes as the header says");
        writer.finish().expect("a vector takes everything");
        bytes
    }

    /// Pictures of one height side by side.
    ///
    /// # Errors
    /// [`Error::Usage`] if together they have more than [`MAX_PIXELS`] pixels.
    pub fn beside(pictures: &[Self]) -> Result<Self> {
        let height = pictures.first().map_or(0, |picture| picture.height);
        let width: u64 = pictures.iter().map(|picture| u64::from(picture.width)).sum();
        let fits = width * u64::from(height) <= MAX_PIXELS;
        let width = u32::try_from(width).ok().filter(|_| fits).ok_or_else(|| {
            Error::Usage(format!("the pictures together have more than {MAX_PIXELS} pixels: ask for fewer with --mode"))
        })?;
        let mut pixels = Vec::with_capacity(width as usize * height as usize * CHANNELS);
        for row in 0..height as usize {
            for picture in pictures {
                let len = picture.width as usize * CHANNELS;
                pixels.extend_from_slice(&picture.pixels[row * len..][..len]);
            }
        }
        Ok(Self { width, height, pixels })
    }
}

/// `None` for a colour type that cannot come out of the decoder as it is set up.
fn rgb(color_type: ColorType, bytes: &[u8]) -> Option<Vec<u8>> {
    let over_white = |value: u8, alpha: u8| {
        let (value, alpha) = (u32::from(value), u32::from(alpha));
        u8::try_from((value * alpha + 255 * (255 - alpha)) / 255).expect("a mean of bytes")
    };
    Some(match color_type {
        ColorType::Rgb => bytes.to_vec(),
        ColorType::Grayscale => bytes.iter().flat_map(|grey| [*grey; CHANNELS]).collect(),
        ColorType::GrayscaleAlpha => {
            bytes.as_chunks().0.iter().flat_map(|[grey, alpha]| [over_white(*grey, *alpha); CHANNELS]).collect()
        }
        ColorType::Rgba => {
            let pixels = bytes.as_chunks().0.iter();
            pixels.flat_map(|[r, g, b, alpha]| [*r, *g, *b].map(|value| over_white(value, *alpha))).collect()
        }
        ColorType::Indexed => return None,
    })
}

#[cfg(test)]
mod tests;
