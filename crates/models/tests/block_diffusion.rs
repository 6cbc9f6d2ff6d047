//! Diffusion by blocks: who sees whom, and the two ends, masked diffusion and autoregression.

mod common;
mod oracle;

use std::cell::RefCell;

use burn::tensor::{Int, Tensor, TensorData};
use common::{assert_close, device, uniform, values};
use halation_models::diffusion::continuous::sample::*;
use halation_models::diffusion::continuous::*;
use oracle::{Joint, Oracle, assert_law, midpoints, source};

/// The perfect network for blocks: it conditions on the tokens that the attention lets it see, and on nothing else.
struct BlockOracle {
    joint: Joint,
    told: RefCell<Vec<f64>>,
}

impl BlockOracle {
    fn new(joint: &Joint) -> Self {
        Self { joint: joint.clone(), told: RefCell::default() }
    }
}

impl BlockDenoiser for BlockOracle {
    fn block_logits(&self, tokens: Tensor<2, Int>, attention_bias: Tensor<2>, time: Tensor<2>) -> Tensor<3> {
        let ([batch, twice], device) = (tokens.dims(), tokens.device());
        let length = twice / 2;
        assert_eq!((attention_bias.dims(), time.dims()), ([twice, twice], [batch, length]));
        let bias = values(attention_bias);
        self.told.borrow_mut().extend(time.try_into_vec_as::<f64>().unwrap());
        let classes = self.joint.classes;
        let mut logits: Vec<f32> = Vec::new();
        for row in tokens.try_into_vec_as::<i64>().unwrap().chunks(twice) {
            for query in 0..length {
                // what is seen of each position: its noisy or its clean symbol, where that is no mask
                let mut known = vec![classes; self.joint.length];
                for key in (0..twice).filter(|key| bias[query * twice + key] == 0.0) {
                    if row[key] < classes as i64 {
                        known[key % length] = row[key] as usize;
                    }
                }
                let like = |seen: usize, clean: usize| f64::from(u8::from(seen == classes || seen == clean));
                let guess = self.joint.guess(&known, query, false, &like);
                logits.extend(guess.iter().map(|p| p.max(1e-30).ln() as f32));
            }
        }
        Tensor::from_data(TensorData::new(logits, [batch, length, classes]), &device)
    }
}

/// Four dependent symbols of two classes.
fn joint() -> Joint {
    Joint::new(2, 4, &uniform("joint of four", 16).iter().map(|u| u * u + 0.02).collect::<Vec<_>>())
}

fn blocks(block: usize) -> BlockDiffusion {
    BlockDiffusion::new(Masked::new(2, AlphaSchedule::Linear).unwrap(), block).unwrap()
}

fn all(joint: &Joint) -> Tensor<2, Int> {
    let ids: Vec<i64> = (0..16).flat_map(|index| joint.symbols(index)).map(|symbol| symbol as i64).collect();
    Tensor::from_data(TensorData::new(ids, [16, 4]), &device())
}

#[test]
fn the_mask_of_four_positions_in_blocks_of_two_is_the_union_of_its_three_rules() {
    // columns: noisy 0 1 | 2 3, clean 0 1 | 2 3
    let rows = [
        "11000000", // noisy, first block: its own noise
        "11000000", "00111100", // noisy, second block: its own noise, and the clean first block
        "00111100", "00001100", // clean, first block
        "00001100", "00001111", // clean, second block
        "00001111",
    ];
    let mask = BlockMask { length: 4, block: 2 };
    let bias = values(mask.bias(&device()));
    for (query, row) in rows.iter().enumerate() {
        for (key, seen) in row.bytes().map(|byte| byte == b'1').enumerate() {
            assert_eq!(mask.sees(query, key), seen, "{query} {key}");
            assert_eq!(bias[query * 8 + key], if seen { 0.0 } else { f32::NEG_INFINITY });
        }
    }
    for block in [1, 2, 4] {
        let mask = BlockMask { length: 4, block };
        assert!((0..8).all(|query| mask.sees(query, query)), "everyone sees themselves");
    }
}

#[test]
fn one_block_is_masked_diffusion() {
    let joint = joint();
    let uniforms = uniform("noise", 64);
    let t: Vec<f64> = uniform("levels", 16).iter().map(|u| 1.0 - u).collect();
    let whole = blocks(4).loss(&BlockOracle::new(&joint), all(&joint), &t, &uniforms);
    let network = Oracle::new(&joint, NoiseKind::Mask, AlphaSchedule::Linear);
    let plain = blocks(4).masked.loss(&network, all(&joint), &t, &uniforms);
    assert_close("loss", &values(whole), &values(plain), 1e-6);
}

#[test]
fn blocks_of_one_masked_symbol_have_the_autoregressive_cross_entropy() {
    let joint = joint();
    // at t = 1 every symbol is masked, and the weight is 1
    let loss = values(blocks(1).loss(&BlockOracle::new(&joint), all(&joint), &[1.0; 64], &uniform("noise", 64)));
    for (index, found) in loss.iter().enumerate() {
        // the chain rule of a perfect network: the probability of the sequence itself
        assert!((f64::from(*found) + joint.p[index].ln()).abs() < 1e-5, "{index}: {found}");
    }
}

/// Expectation of the bound over data, levels and masks. The loss is a sum over blocks, so all of them may have one level.
fn expected(bound: &BlockDiffusion, joint: &Joint) -> f64 {
    let blocks = bound.levels(4);
    let (mut ids, mut levels, mut uniforms, mut weights) = (vec![], vec![], vec![], vec![]);
    for (t, node) in midpoints(24) {
        for index in 0..16 {
            for case in 0..16 {
                let mut weight = joint.p[index] * node;
                for slot in 0..4 {
                    let is_masked = (case >> slot) & 1 == 1;
                    uniforms.push(if is_masked { 1.0 - 0.5 * t } else { 0.5 * (1.0 - t) });
                    weight *= if is_masked { t } else { 1.0 - t };
                }
                ids.extend(joint.symbols(index).iter().map(|&symbol| symbol as i64));
                levels.extend(vec![t; blocks]);
                weights.push(weight);
            }
        }
    }
    let x0 = Tensor::from_data(TensorData::new(ids, [weights.len(), 4]), &device());
    let loss = values(bound.loss(&BlockOracle::new(joint), x0, &levels, &uniforms));
    loss.iter().zip(weights).map(|(&loss, weight)| f64::from(loss) * weight).sum()
}

#[test]
fn every_size_of_block_has_the_entropy_as_the_bound_of_a_perfect_network() {
    let joint = joint();
    for block in [1, 2, 4] {
        let nats = expected(&blocks(block), &joint);
        // the midpoint rule on 24 levels, an error of the order of 1 / 24^2 of 2.4 nats
        assert!((nats - joint.entropy()).abs() < 5e-3, "{block}: {nats} {}", joint.entropy());
    }
}

#[test]
fn every_block_has_a_level_of_its_own_and_its_positions_are_told() {
    let joint = joint();
    let network = BlockOracle::new(&joint);
    let x0 = all(&joint).narrow(0, 0, 1);
    blocks(2).loss(&network, x0.clone(), &[0.25, 0.75], &[0.5; 4]);
    assert_eq!(*network.told.borrow(), [0.25, 0.25, 0.75, 0.75]);
    // clipped training, unclipped bound
    network.told.borrow_mut().clear();
    let clipped = blocks(2).with_clip(0.5, 1.0).unwrap();
    clipped.objective(&network, x0.clone(), &[0.5, 1.0], &[0.5; 4]);
    assert_eq!(*network.told.borrow(), [0.75, 0.75, 1.0, 1.0]);
    network.told.borrow_mut().clear();
    let estimate = clipped.nll_mc(&network, x0, 2, &mut |count| vec![0.5; count]);
    assert_eq!(estimate.nats.len(), 1);
    assert_eq!(*network.told.borrow(), [0.25, 0.25, 0.25, 0.25, 0.75, 0.75, 0.75, 0.75]);
}

#[test]
fn the_steadiest_range_of_levels_is_found() {
    let trials = [([0.0, 1.0], vec![1.0, 9.0]), ([0.3, 0.8], vec![4.0, 5.0, 4.5]), ([0.4, 0.5], vec![4.0])];
    assert_eq!(BlockDiffusion::steadiest_clip(&trials), Some([0.3, 0.8]));
    assert_eq!(BlockDiffusion::steadiest_clip(&[]), None);
    assert!(blocks(2).with_clip(0.8, 0.3).is_err() && blocks(2).with_clip(-0.1, 0.3).is_err());
    assert!(BlockDiffusion::new(Masked::new(2, AlphaSchedule::Linear).unwrap(), 0).is_err());
}

#[test]
fn sampling_block_by_block_has_the_law_of_the_data_and_ends_where_it_should() {
    let (joint, device) = (joint(), device());
    let sampler = FirstHitting { schedule: AlphaSchedule::Linear };
    for block in [1, 2, 4] {
        let network = BlockOracle::new(&joint);
        let canvas = Canvas::blank(1500, 4);
        let samples =
            blocks(block).sample(&network, &sampler, &canvas, Decoding::new(), None, &device, &mut source(21));
        assert_law("blocks", &samples, &joint);
    }
    let network = BlockOracle::new(&joint);
    let given = Canvas::given(vec![vec![None, Some(1), None, Some(0)]; 5], 2).unwrap();
    let samples = blocks(2).sample(&network, &sampler, &given, Decoding::new(), None, &device, &mut source(22));
    assert!(samples.iter().all(|row| row.len() == 4 && row[1] == 1 && row[3] == 0), "{samples:?}");
    // class 1 ends a sequence: with one in the first block of all, the second block is never made
    let ended = blocks(2).sample(&network, &sampler, &given, Decoding::new(), Some(1), &device, &mut source(22));
    assert!(ended.iter().all(|row| row.len() <= 2 && row.last() == Some(&1)), "{ended:?}");
}
