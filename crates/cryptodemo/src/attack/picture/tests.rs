//! Pictures of all kinds, and broken ones.

use super::*;

/// A PNG of 2 x 1 pixels in the kind given, with the bytes of its only row.
fn png(color: ColorType, depth: BitDepth, row: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 2, 1);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == ColorType::Indexed {
        encoder.set_palette(vec![1, 2, 3, 40, 50, 60]);
    }
    let mut writer = encoder.write_header().expect("a vector takes everything");
    writer.write_image_data(row).expect("the row fits");
    drop(writer);
    bytes
}

#[test]
fn all_kinds_of_png_become_eight_bits_of_three_colours() {
    let cases: [(ColorType, BitDepth, &[u8], [u8; 6]); 8] = [
        (ColorType::Rgb, BitDepth::Eight, &[1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]),
        (ColorType::Rgb, BitDepth::Sixteen, &[1, 9, 2, 9, 3, 9, 4, 9, 5, 9, 6, 9], [1, 2, 3, 4, 5, 6]),
        (ColorType::Rgba, BitDepth::Eight, &[1, 2, 3, 255, 4, 5, 6, 0], [1, 2, 3, 255, 255, 255]),
        (ColorType::Grayscale, BitDepth::Eight, &[7, 8], [7, 7, 7, 8, 8, 8]),
        (ColorType::Grayscale, BitDepth::One, &[0b0100_0000], [0, 0, 0, 255, 255, 255]),
        (ColorType::GrayscaleAlpha, BitDepth::Eight, &[7, 255, 8, 0], [7, 7, 7, 255, 255, 255]),
        (ColorType::Indexed, BitDepth::Eight, &[1, 0], [40, 50, 60, 1, 2, 3]),
        (ColorType::Indexed, BitDepth::One, &[0b0100_0000], [1, 2, 3, 40, 50, 60]),
    ];
    for (color, depth, row, expected) in cases {
        let picture = Picture::decode("test", &png(color, depth, row)).unwrap();
        assert_eq!((picture.width, picture.height), (2, 1));
        assert_eq!(picture.pixels, expected, "{color:?} {depth:?}");
    }
}

#[test]
fn what_is_written_is_read() {
    let picture = Picture::padlock();
    assert_eq!(Picture::decode("test", &picture.encode()).unwrap(), picture);
}

#[test]
fn truncated_and_changed_files_are_malformed_or_pictures_but_never_a_panic() {
    let bytes = png(ColorType::Rgb, BitDepth::Eight, &[1, 2, 3, 4, 5, 6]);
    for len in 0..bytes.len() {
        let error = Picture::decode("test", &bytes[..len]).expect_err("something is missing");
        assert_eq!(error.exit_code(), 4, "{len} bytes");
    }
    for bit in 0..8 * bytes.len() {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        if let Err(error) = Picture::decode("test", &changed) {
            assert_eq!(error.exit_code(), 4, "bit {bit}");
        }
    }
}

#[test]
fn huge_pictures_are_refused_before_memory_is_taken() {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, u32::MAX >> 1, u32::MAX >> 1);
    encoder.set_color(ColorType::Grayscale);
    drop(encoder.write_header().expect("a vector takes everything"));
    let error = Picture::decode("test", &bytes).unwrap_err();
    assert!(error.to_string().contains("too many"), "{error}");
    assert_eq!(error.exit_code(), 4);
}

#[test]
fn only_ecb_repeats_blocks() {
    // SP 800-38A section 6.1: the drawing shows through ECB, block for block.
    let picture = Picture::padlock();
    let repeated = |panel: Panel| repeated_blocks(&panel.apply(picture.pixels()).unwrap()).1;
    assert_eq!(repeated(Panel::Ecb), repeated(Panel::Plain));
    assert!(repeated(Panel::Plain) > 10_000, "the drawing has large plain areas");
    assert_eq!((repeated(Panel::Cbc), repeated(Panel::Gcm)), (0, 0));
}

#[test]
fn panels_stand_side_by_side_up_to_the_limit() {
    let picture = |pixels: [u8; 6]| Picture { width: 1, height: 2, pixels: pixels.to_vec() };
    let both = Picture::beside(&[picture([1, 1, 1, 2, 2, 2]), picture([3, 3, 3, 4, 4, 4])]).unwrap();
    assert_eq!((both.width, both.height), (2, 2));
    assert_eq!(both.pixels, [1, 1, 1, 3, 3, 3, 2, 2, 2, 4, 4, 4]);
    let large = Picture { width: 1 << 20, height: 16, pixels: Vec::new() };
    assert_eq!(Picture::beside(&[large.clone(), large]).unwrap_err().exit_code(), 2);
}
