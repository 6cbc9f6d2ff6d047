//! What a caption mentions, and how it says it.

use rand_chacha::ChaCha8Rng;

use super::{Meaning, Mention, Scene};
use crate::world::draw::{below, one_of, shuffle};

/// How a caption may begin.
const OPENINGS: [&str; 6] = ["", "", "", "there is ", "here is ", "a picture of "];
/// What joins two mentions.
const LINKS: [&str; 4] = [" and ", " and ", " with ", " as well as "];
/// What a caption says that mentions nothing.
const NOTHING_SAID: [&str; 3] = ["a scene", "a picture", "an image"];

/// A caption of `scene`: what it says and its text. It is true of `scene` by construction.
///
/// One in fifty captions mentions nothing. The others mention a uniform number of objects, up to three, in a random
/// order; a caption is terse or talkative (a quarter, half, three quarters or all of the attributes), and mentions
/// places half as readily as shape, colour and size.
pub(super) fn write_caption(scene: &Scene, rng: &mut ChaCha8Rng) -> (Meaning, String) {
    let meaning = draw_meaning(scene, rng);
    let text = phrase(&meaning, rng);
    (meaning, text)
}

fn draw_meaning(scene: &Scene, rng: &mut ChaCha8Rng) -> Meaning {
    if below(rng, 50) == 0 {
        return Meaning::default();
    }
    let mut objects = scene.objects.clone();
    shuffle(rng, &mut objects);
    objects.truncate(1 + below(rng, objects.len().min(Meaning::MAX_MENTIONS)));
    let quarters = 1 + below(rng, 4);
    let mut keep = |of: usize| below(rng, of) < quarters;
    let mention = |object: &super::SceneObject| Mention {
        shape: keep(4).then_some(object.shape),
        colour: keep(4).then_some(object.colour),
        size: keep(4).then_some(object.size),
        row: keep(8).then_some(object.row),
        column: keep(8).then_some(object.column),
    };
    Meaning { mentions: objects.iter().map(mention).collect() }
}

/// English for `meaning`. Different meanings never share a text: a place belongs to the noun before it, and adjectives
/// after "something" are joined by "and" without an article.
fn phrase(meaning: &Meaning, rng: &mut ChaCha8Rng) -> String {
    let mentions = &meaning.mentions;
    if mentions.is_empty() {
        return one_of(rng, &NOTHING_SAID).to_owned();
    }
    let opening = one_of(rng, &OPENINGS);
    if mentions.len() > 1 && mentions.iter().all(|mention| *mention == Mention::default()) {
        let count = if mentions.len() == 2 { "two" } else { "three" };
        // "there are" rather than "there is".
        return format!(
            "{}{count} {}",
            opening.replace(" is ", " are "),
            one_of(rng, &["objects", "things", "shapes"])
        );
    }
    let phrases: Vec<String> = mentions
        .iter()
        .enumerate()
        .map(|(index, mention)| noun_phrase(mention, mentions[..index].contains(mention), rng))
        .collect();
    match phrases.as_slice() {
        [one] => format!("{opening}{one}"),
        [one, other] => format!("{opening}{one}{}{other}", one_of(rng, &LINKS)),
        [init @ .., last] => format!("{opening}{} and {last}", init.join(", ")),
        [] => unreachable!("captions without mentions returned above"),
    }
}

/// "a large red circle on the left", "something small and red", "another object at the top".
fn noun_phrase(mention: &Mention, repeated: bool, rng: &mut ChaCha8Rng) -> String {
    let article = if repeated { "another" } else { "a" };
    let mut adjectives: Vec<&str> = Vec::new();
    adjectives.extend(mention.size.map(|size| one_of(rng, &size.adjectives())));
    adjectives.extend(mention.colour.map(|colour| colour.adjective()));
    let what = match (mention.shape, adjectives.is_empty()) {
        (Some(shape), true) => format!("{article} {}", shape.noun()),
        (Some(shape), false) => format!("{article} {} {}", adjectives.join(" "), shape.noun()),
        (None, true) if repeated => "another object".to_owned(),
        (None, true) => one_of(rng, &["something", "an object"]).to_owned(),
        (None, false) if repeated || below(rng, 2) == 0 => format!("{article} {} object", adjectives.join(" ")),
        (None, false) => format!("something {}", adjectives.join(" and ")),
    };
    match (mention.row, mention.column) {
        (None, None) => what,
        (Some(row), None) => format!("{what} at the {}", row.word()),
        (None, Some(column)) => format!("{what} on the {}", column.word()),
        (Some(row), Some(column)) => format!("{what} in the {} {} corner", row.word(), column.word()),
    }
}
