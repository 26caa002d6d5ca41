//! Random graphs against the obvious way: sets of rows, and rules applied until nothing changes.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::graph::{Chosen, Graph, KeyRef, Outline, Standing};

/// A row: hashes of its keys, hashes that it points at, how it stands.
#[derive(Clone, Debug)]
struct Row {
    keys: Vec<u64>,
    links: Vec<u64>,
    standing: Standing,
}

#[derive(Clone, Debug)]
struct World {
    outlines: Vec<Outline>,
    rows: Vec<Vec<Row>>,
}

/// Few tables with few keys and small hashes, so that rows point at one another in every way: at themselves, in circles, at
/// several rows of one hash, at none.
fn world() -> impl Strategy<Value = World> {
    let outline = (1usize..3, proptest::collection::vec((0usize..4, 0usize..2, any::<bool>()), 0..4), proptest::option::of(0u64..4));
    proptest::collection::vec(outline, 1..5).prop_flat_map(|drawn| {
        let tables = drawn.len();
        let keys: Vec<usize> = drawn.iter().map(|(keys, _, _)| *keys).collect();
        let outlines: Vec<Outline> = (drawn.iter())
            .map(|(count, links, most)| {
                let link = |(table, key, down): &(usize, usize, bool)| {
                    let table = table % tables;
                    (KeyRef { table, key: key % keys[table] }, *down)
                };
                Outline { keys: *count, links: links.iter().map(link).collect(), most: *most }
            })
            .collect();
        let standing = prop_oneof![
            1 => Just(Standing::Chosen),
            1 => Just(Standing::Needed),
            8 => Just(Standing::Open),
            1 => Just(Standing::Absent)
        ];
        let rows: Vec<_> = (outlines.iter())
            .map(|outline| {
                let row = (
                    proptest::collection::vec(0u64..12, outline.keys),
                    proptest::collection::vec(0u64..12, outline.links.len()),
                    standing.clone(),
                );
                proptest::collection::vec(row.prop_map(|(keys, links, standing)| Row { keys, links, standing }), 0..12)
            })
            .collect();
        rows.prop_map(move |rows| World { outlines: outlines.clone(), rows })
    })
}

fn closed(world: &World) -> Chosen {
    let mut graph = Graph::new(&world.outlines);
    for (table, rows) in world.rows.iter().enumerate() {
        for row in rows {
            graph.push(table, &row.keys, &row.links, row.standing).expect("few rows");
        }
    }
    graph.close()
}

type Place = (usize, usize);

impl World {
    fn present(&self) -> Vec<Place> {
        let all = self.rows.iter().enumerate().flat_map(|(table, rows)| (0..rows.len()).map(move |row| (table, row)));
        all.filter(|(table, row)| self.rows[*table][*row].standing != Standing::Absent).collect()
    }

    fn standing(&self, wanted: Standing) -> BTreeSet<Place> {
        self.present().into_iter().filter(|(table, row)| self.rows[*table][*row].standing == wanted).collect()
    }

    /// Whether one row points at another, by any link or by one that is followed down.
    fn points(&self, (table, row): Place, (to, parent): Place, down: bool) -> bool {
        self.outlines[table].links.iter().enumerate().any(|(number, (target, followed))| {
            let hash = self.rows[table][row].links[number];
            (*followed || !down) && target.table == to && hash != 0 && self.rows[to][parent].keys[target.key] == hash
        })
    }

    /// The same as the graph does, over all pairs of rows.
    fn oracle(&self) -> BTreeSet<Place> {
        let present = self.present();
        let mut chosen = self.standing(Standing::Chosen);
        let mut step = chosen.clone();
        let mut taken = vec![0; self.rows.len()];
        while !step.is_empty() {
            let mut next = BTreeSet::new();
            for place in &present {
                let (table, _) = *place;
                let belongs = step.iter().any(|parent| self.points(*place, *parent, true));
                if belongs && !chosen.contains(place) && self.outlines[table].most.is_none_or(|most| taken[table] < most) {
                    taken[table] += 1;
                    next.insert(*place);
                }
            }
            chosen.extend(&next);
            step = next;
        }
        chosen.extend(self.standing(Standing::Needed));
        loop {
            let needed: BTreeSet<Place> =
                present.iter().copied().filter(|place| chosen.iter().any(|child| self.points(*child, *place, false))).collect();
            let before = chosen.len();
            chosen.extend(needed);
            if chosen.len() == before {
                return chosen;
            }
        }
    }
}

fn places(chosen: &Chosen) -> BTreeSet<Place> {
    chosen.rows.iter().enumerate().flat_map(|(table, rows)| rows.iter().map(move |row| (table, row)).collect::<Vec<_>>()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn it_chooses_what_the_obvious_way_chooses(world in world()) {
        let chosen = closed(&world);
        prop_assert_eq!(places(&chosen), world.oracle());
    }

    #[test]
    fn no_row_of_it_points_at_a_row_outside(world in world()) {
        let chosen = closed(&world);
        let places = places(&chosen);
        let mut dangling = 0;
        for child in &places {
            for (number, (to, _)) in world.outlines[child.0].links.iter().enumerate() {
                let hash = world.rows[child.0][child.1].links[number];
                let parents: Vec<Place> = world.present().into_iter()
                    .filter(|parent| parent.0 == to.table && hash != 0 && world.rows[parent.0][parent.1].keys[to.key] == hash).collect();
                prop_assert!(parents.iter().all(|parent| places.contains(parent)));
                dangling += u64::from(hash != 0 && parents.is_empty());
            }
        }
        prop_assert_eq!(chosen.dangling.iter().flatten().sum::<u64>(), dangling);
    }
}

/// A chain as long as a table: each row points at the one before, and each step brings one row along.
#[test]
fn a_long_chain_takes_no_time() {
    let up = KeyRef { table: 0, key: 0 };
    let mut graph = Graph::new(&[Outline { keys: 1, links: vec![(up, true)], most: None }]);
    let hash = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for n in 1..=200_000u64 {
        let standing = if n == 1000 { Standing::Chosen } else { Standing::Open };
        let before = if n == 1 { 0 } else { hash(n - 1) };
        graph.push(0, &[hash(n)], &[before], standing).expect("few rows");
    }
    let chosen = graph.close();
    assert_eq!(chosen.rows[0].count(), 200_000, "all before it and all behind it");
    assert_eq!(chosen.dangling, [[0]]);
    assert!(chosen.bytes < 200_000 * 40, "{} bytes", chosen.bytes);
}
